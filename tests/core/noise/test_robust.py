"""Robust noise levels: right on noise alone, and hardly moved by structure, outliers and missing pixels."""

from __future__ import annotations

import numpy as np
import pytest

from napari_deep_prior.core.noise.robust import laplacian_sigma, robust_sigma

ALL = np.ones((96, 80), bool)


def scene(sigma: float) -> np.ndarray:
    """A slope and an edge in noise."""
    y, x = np.mgrid[:96, :80]
    return (2.0 * x + 100 * (y > 50) + np.random.default_rng(0).normal(0, sigma, (96, 80)))[None]


@pytest.mark.parametrize("estimate", [robust_sigma, laplacian_sigma])
@pytest.mark.parametrize("sigma", [3.0, 20.0])
def test_the_level_of_noise_on_a_picture(estimate, sigma: float) -> None:
    assert estimate(scene(sigma), ALL) == pytest.approx(sigma, rel=0.25)


def test_a_few_outliers_hardly_count() -> None:
    image = scene(5)
    image[0][np.random.default_rng(1).random((96, 80)) < 0.05] = 2000
    assert robust_sigma(image, ALL) == pytest.approx(5, rel=0.4)


def test_a_drawing_without_noise_has_a_thousandth_of_its_range() -> None:
    drawing = np.zeros((1, 96, 80))
    drawing[:, 40:] = 200
    assert robust_sigma(drawing, ALL) == pytest.approx(0.2)
    assert laplacian_sigma(drawing, ALL) == 0


def test_noise_that_neighbours_share_is_not_counted_by_the_laplacian() -> None:
    rows = np.random.default_rng(0).normal(0, 10, (1, 96, 1)) * np.ones((1, 96, 80))
    assert laplacian_sigma(rows, ALL) < 1e-9


@pytest.mark.parametrize("estimate", [robust_sigma, laplacian_sigma])
def test_unknown_pixels_do_not_count(estimate) -> None:
    image, known = scene(5), ALL.copy()
    known[10:30, ::4] = False
    assert estimate(np.where(known, image, 7e7), known) == estimate(image, known)


def test_volumes_are_measured_plane_by_plane_and_tiny_ones_not_at_all() -> None:
    volume = np.random.default_rng(0).normal(0, 4, (1, 5, 60, 60))
    assert laplacian_sigma(volume, np.ones((5, 60, 60), bool)) == pytest.approx(4, rel=0.1)
    assert laplacian_sigma(np.ones((1, 2, 9)), np.ones((2, 9), bool)) == 0


def test_the_noise_of_few_photons_is_not_nothing() -> None:
    light = np.random.default_rng(0).poisson(np.full((1, 64, 64), 0.05))
    assert laplacian_sigma(light, np.ones((64, 64), bool)) == pytest.approx(np.sqrt(0.05), rel=0.3)


def test_hundredths_at_both_ends_are_no_part_of_the_range() -> None:
    """Of a drawing without noise a thousandth of what is left is told."""
    drawing = np.zeros((1, 96, 80))
    drawing[:, 40:] = 200
    drawing[0, 0, :20], drawing[0, -1, :20] = -1e6, 1e6
    assert robust_sigma(drawing, ALL) == pytest.approx(0.2)


def test_pixels_without_a_known_neighbour_tell_nothing() -> None:
    lonely = np.zeros((96, 80), bool)
    lonely[::2, ::2] = True
    assert robust_sigma(scene(5), lonely) == pytest.approx(1e-3 * np.ptp(np.percentile(scene(5)[0][lonely], [1, 99])))
    assert laplacian_sigma(scene(5), lonely) == 0
