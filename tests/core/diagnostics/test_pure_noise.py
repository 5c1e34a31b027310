"""Pure-noise control: what is drawn on a flat field is measured in units of its noise."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from napari_deep_prior import Denoise, Settings
from napari_deep_prior.core.data.axes import Axes
from napari_deep_prior.core.diagnostics.pure_noise import noisy, pure_noise_control
from napari_deep_prior.core.diagnostics.recipe import Recipe
from napari_deep_prior.core.noise.estimate import NoiseEstimate, measure

ALONE = (1.0, 0.0)


@dataclasses.dataclass
class Stub:
    """A recipe whose result is a function of the picture."""

    observed: np.ndarray
    noise: NoiseEstimate
    draw: object

    def restore(self, plane, watch=iter):
        self.given = plane
        return self.draw(plane), plane


def stub(draw, *, dtype=np.float32, level=100.0, sigma=5.0):
    observed = (level + np.mgrid[-32:32, -40:40][1] / 10)[None].astype(dtype)
    return Stub(observed, NoiseEstimate(sigma=sigma, patches=9, correlation=ALONE, base=sigma**2), draw)


def test_what_is_drawn_is_told_in_units_of_the_noise():
    def spot(plane):
        drawn = np.full(plane.shape, 100.0, np.float32)
        drawn[0, 20:24, 30:34] += 10
        return drawn

    found = pure_noise_control(stub(spot))
    assert found.sigma == 5
    assert found.largest[1] == pytest.approx(2, abs=0.02)
    assert found.largest[4] == pytest.approx(2, abs=0.02)
    assert found.largest[16] == pytest.approx(2 / 16, abs=0.02)
    assert found.bias == pytest.approx(2 * 16 / (64 * 80), abs=0.02)
    measured, meaning = found.sentences
    assert "up to 2.0" in measured
    assert "may be noise" in meaning


def test_the_field_is_flat_and_as_noisy_as_the_plane():
    recipe = stub(lambda plane: plane)
    found = pure_noise_control(recipe)
    assert recipe.given.std() == pytest.approx(5, rel=0.05)
    assert recipe.given.mean() == pytest.approx(recipe.observed.mean(), abs=0.3)
    assert found.deviation == pytest.approx(1, rel=0.05)
    assert 3 < found.largest[1] < 6
    whole = stub(lambda plane: plane, dtype=np.uint16)
    pure_noise_control(whole)
    assert (whole.given == np.rint(whole.given)).all()


def test_photons_stay_photons():
    level = np.full((1, 64, 64), 12.0)
    noise = NoiseEstimate(sigma=2.0, patches=9, correlation=ALONE, gain=2.0, base=-20.0, skewness=0.9)
    field = noisy(level, noise, 0)
    assert field.mean() == pytest.approx(12, abs=0.1)
    assert field.var() == pytest.approx(2 * (12 - 10), rel=0.1)
    assert set(np.unique(field)) <= {10.0 + 2 * n for n in range(20)}


def test_noise_that_neighbours_share_stays_shared():
    white = np.random.default_rng(0).normal(0, 5, (1, 129, 128))
    shared = ((white[:, 1:] + white[:, :-1]) / np.sqrt(2)).astype(np.float32)
    found = measure(shared, np.ones((128, 128), bool))
    field = noisy(np.zeros((1, 128, 128)), found, 0)
    assert np.corrcoef(field[0, 1:].ravel(), field[0, :-1].ravel())[0, 1] == pytest.approx(0.5, abs=0.15)


def test_a_real_recipe():
    image = np.random.default_rng(0).normal(100, 5, (2, 48, 56)).astype(np.float32)
    recipe = Recipe.of_plane(image, Denoise(), Settings(preset="instant"), Axes("TYX"), 1)
    found = pure_noise_control(recipe)
    assert found.deviation < 0.4
    assert abs(found.bias) < 0.1
    assert found.image.shape == (1, 48, 56)
