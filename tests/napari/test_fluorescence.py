"""The simulation keeps the light, moves by parts of a pixel, and draws what it is told to."""

import numpy as np
import pytest

from napari_deep_prior._napari import fluorescence

RANDOM = np.random.default_rng(0)


def test_optics_lose_no_light_and_move_by_parts_of_a_pixel():
    point = np.zeros((32, 32))
    point[16, 16] = 1
    seen = fluorescence.blurred(point, 1.5, (2.5, -1.25))
    y, x = np.mgrid[:32, :32]
    assert seen.sum() == pytest.approx(1, abs=1e-4)
    assert [(seen * y).sum(), (seen * x).sum()] == pytest.approx([18.5, 14.75], abs=1e-3)
    image = fluorescence.optics(1.5, 15)
    assert image.sum() == pytest.approx(1)
    np.testing.assert_allclose(fluorescence.blurred(point, 1.5)[9:24, 9:24], image, atol=1e-3)


def test_vesicles_have_the_same_light_wherever_they_are_between_pixels():
    light = fluorescence.vesicles(16, np.array([[3.25, 4.5], [15.5, 0.0]]))
    assert light.sum() == pytest.approx(2)
    assert light[3, 4] == pytest.approx(0.75 * 0.5)
    assert light[[15, 0], 0] == pytest.approx([0.5, 0.5]), "it goes round"


def test_cells_are_drawn_around_their_places():
    places = fluorescence.centres(96, RANDOM, count=3)
    assert places.shape == (3, 2)
    for light in (fluorescence.nuclei(96, places, RANDOM), fluorescence.filaments(96, places, RANDOM)):
        seen = fluorescence.focused(light, 1.0)
        assert light.min() >= 0
        assert seen.max() == 1
        assert 0.02 < (seen > 0.3).mean() < 0.5, "neither empty nor full"
