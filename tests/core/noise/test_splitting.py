"""Halves of one image: the same scene, twice the variance, noise of their own."""

from __future__ import annotations

import numpy as np
import pytest

from napari_deep_prior.core.noise.estimate import NoiseEstimate, measure
from napari_deep_prior.core.noise.photons import counts_photons
from napari_deep_prior.core.noise.splitting import halves

SHAPE = (1, 96, 128)
LEVEL = 20 + 10 * np.sin(np.mgrid[:96, :128][1] / 15)[None]
ALONE = (1.0, 0.0)


def correlation(one, other):
    return float(np.corrcoef((one - LEVEL).ravel(), (other - LEVEL).ravel())[0, 1])


def test_few_photons_are_dealt_out():
    gain, offset = 3.0, 100.0
    counts = np.random.default_rng(0).poisson(LEVEL / 10)
    image = (offset + gain * counts).astype(np.float32)
    noise = NoiseEstimate(sigma=4.0, patches=9, correlation=ALONE, gain=gain, base=-gain * offset, skewness=0.7)
    assert counts_photons(noise)
    one, other = halves(image, noise, seed=1)
    np.testing.assert_allclose((one + other) / 2, image, rtol=1e-6)
    scene = offset + gain * LEVEL / 10
    assert abs(np.corrcoef((one - scene).ravel(), (other - scene).ravel())[0, 1]) < 0.04
    assert (one - scene).var() == pytest.approx(2 * (image - scene).var(), rel=0.1)
    np.testing.assert_allclose((one - offset) / (2 * gain), np.rint((one - offset) / (2 * gain)), atol=1e-4)


@pytest.mark.parametrize("shared", [False, True])
def test_gaussian_noise_is_added_and_subtracted(shared):
    white = np.random.default_rng(0).normal(0, 3, (1, 97, 129))
    own = (white[:, 1:, 1:] + white[:, :-1, 1:]) / np.sqrt(2) if shared else white[:, 1:, 1:]
    image = (LEVEL + own).astype(np.float32)
    noise = measure(image, np.ones(SHAPE[1:], bool))
    assert not counts_photons(noise)
    one, other = halves(image, noise, seed=1)
    np.testing.assert_allclose((one + other) / 2, image, rtol=1e-5)
    assert abs(correlation(one, other)) < 0.12
    assert (one - LEVEL).var() == pytest.approx(2 * own.var(), rel=0.2)


def test_a_seed_is_a_split():
    noise = NoiseEstimate(sigma=3.0, patches=9, correlation=ALONE, base=9.0)
    image = LEVEL.astype(np.float32)
    np.testing.assert_array_equal(halves(image, noise, 1)[0], halves(image, noise, 1)[0])
    assert (halves(image, noise, 1)[0] != halves(image, noise, 2)[0]).any()


def test_the_noise_that_is_added_follows_the_brightness():
    level = np.where(np.arange(128) < 64, 100.0, 1000.0) + np.zeros((1, 96, 1))
    noise = NoiseEstimate(sigma=40.0, patches=9, correlation=ALONE, gain=4.0, base=-300.0)
    one, other = halves(level.astype(np.float32), noise, seed=1)
    added = (one - other) / 2
    for side, variance in ((np.s_[..., :56], 100), (np.s_[..., 72:], 3700)):
        assert added[side].var() == pytest.approx(variance, rel=0.05)


def test_less_than_no_photon_is_none():
    noise = NoiseEstimate(sigma=1.0, patches=9, correlation=ALONE, gain=2.0, base=-20.0, skewness=1.0)
    one, other = halves(np.full(SHAPE, 3.0, np.float32), noise, seed=1)  # no light is at 10
    assert (one == 10).all()
    assert (other == 10).all()
