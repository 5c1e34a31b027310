"""Supported frequency: what data never seen speak for counts, what a method draws by itself does not."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from napari_deep_prior import Deconvolve, Denoise, Settings
from napari_deep_prior.core.data.axes import Axes
from napari_deep_prior.core.diagnostics.recipe import Recipe
from napari_deep_prior.core.diagnostics.supported_frequency import compared, ring_correlation, supported_frequency

SHAPE = (1, 128, 144)
RNG = np.random.default_rng(0)
RADIUS = np.hypot(np.fft.fftfreq(128)[:, None], np.fft.fftfreq(144)[None])


def band(low, high, seed):
    """A random texture of frequencies between these, of variance 1."""
    white = np.fft.fft2(np.random.default_rng(seed).normal(0, 1, SHAPE))
    found = np.fft.ifft2(np.where((low <= RADIUS) & (high > RADIUS), white, 0)).real
    return (found / found.std()).astype(np.float32)


def noise(sigma, seed):
    return np.random.default_rng(seed).normal(0, sigma, SHAPE).astype(np.float32)


@pytest.mark.parametrize("limit", [0.1, 0.2, 0.35])
def test_the_frequency_up_to_which_there_is_a_scene(limit):
    scene = band(0, limit, 1)
    found = compared(scene, scene + noise(0.3, 2), scene + noise(0.3, 3))
    assert found.frequency == pytest.approx(limit, abs=0.03)
    assert found.raw_frequency == pytest.approx(limit, abs=0.03)
    assert found.unsupported < 0.1


def test_what_is_drawn_beyond_is_told_as_unsupported():
    scene, drawn = band(0, 0.15, 1), band(0.25, 0.4, 4)
    found = compared(scene + drawn, scene + noise(1, 2), scene + noise(1, 3))
    assert found.frequency == pytest.approx(0.15, abs=0.03)
    assert found.unsupported == pytest.approx(0.5, abs=0.1)
    means, limits = found.sentences
    assert "50 % of the variance" in means or "% of the variance" in means
    assert "It is no resolution" in limits


def test_noise_alone_supports_nothing():
    found = compared(noise(1, 1), noise(1, 1), noise(1, 2))
    assert found.frequency < 0.05
    assert found.unsupported > 0.9


def test_a_perfect_copy_is_supported_throughout():
    one = noise(1, 1)
    assert compared(one, one, one).frequency == 0.5


def test_chance_is_exceeded_as_seldom_as_it_says():
    above = []
    for seed in range(40):
        rings, correlation, chance = ring_correlation(noise(1, 2 * seed), noise(1, 2 * seed + 1))
        above.append(correlation[2:] > chance[2:])
    assert np.mean(above) < 0.006  # one-sided, three standard deviations
    assert rings[-1] == pytest.approx(0.5, abs=0.02)
    assert np.ptp(chance[5:20]) > 0


def test_a_recipe_is_split_restored_and_compared():
    scene = 100 + 10 * band(0, 0.1, 1)[0]
    image = scene + RNG.normal(0, 5, scene.shape)
    recipe = Recipe.of_plane(image, Denoise(), Settings(preset="instant"), Axes("YX"))
    found = supported_frequency(recipe)
    assert found.frequency == pytest.approx(0.1, abs=0.03)
    assert found.unsupported < 0.05


def test_an_instrument_that_is_estimated_cannot_be_tested():
    image = 100 + 10 * band(0, 0.1, 1)[0, :40, :44] + RNG.normal(0, 5, (40, 44))
    quick = Settings(preset="fast", iterations=1, seconds="never", device="cpu")
    recipe = Recipe.of_plane(image, Deconvolve(blur="unknown", psf_size=5), quick, Axes("YX"))
    with pytest.raises(ValueError, match="is not known"):
        supported_frequency(recipe)
    known = dataclasses.replace(recipe, task=Deconvolve(psf=np.ones((3, 3))))
    assert 0 <= supported_frequency(known).frequency <= 0.5
