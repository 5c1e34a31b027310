"""Noise that neighbours share, drawn with known variance and correlation, in pictures with and without structure."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from napari_deep_prior.core.noise.correlated import REACH, correlated_noise, products
from napari_deep_prior.core.noise.estimate import NoiseEstimate, measure

Array = NDArray[np.float64]
SIDE = 256


def drawn(width: float, seed: int = 0, side: int = SIDE) -> Array:
    """Noise of standard deviation 1, white noise blurred by a Gaussian of this width in pixels."""
    white = np.random.default_rng(seed).normal(0, 1, (side, side))
    noise: Array = ndimage.gaussian_filter(white, width, mode="wrap")
    return noise / noise.std()


def pieces(width: float, count: int, seed: int = 0) -> Array:
    """(count, 16, 16) of such noise."""
    noise = drawn(width, seed, 16 * 40).reshape(40, 16, 40, 16).swapaxes(1, 2).reshape(-1, 16, 16)
    return noise[:count]


def correlation(noise: Array, lag: int) -> float:
    """Of pixels so many columns apart, over all of the noise."""
    return float((noise * np.roll(noise, lag, 1)).mean() / noise.var())


def measured(image: Array) -> NoiseEstimate:
    return measure(image[None], np.ones(image.shape, bool))


def grass(side: int = SIDE) -> Array:
    """A strong texture on the lower two thirds; a sky above."""
    fine = 40 * drawn(1.5, seed=9, side=side)
    fine[: side // 3] = 0
    return 100 + fine


@pytest.mark.parametrize(
    ("scene", "width"),
    [("flat", 0.6), ("flat", 0.8), ("flat", 1.1), ("grass", 0.6), ("grass", 0.8), ("blobs", 0.6), ("blobs", 0.8)],
)
def test_strength_and_correlation_are_those_drawn(scene: str, width: float) -> None:
    noise = 12 * drawn(width)
    blobs = 200 * (ndimage.gaussian_filter(np.random.default_rng(3).normal(0, 1, (SIDE, SIDE)), 20) > 0.01)
    truth = {"flat": np.full((SIDE, SIDE), 100.0), "grass": grass(), "blobs": 20 + blobs}[scene]
    found = measured(truth + noise)
    assert found.sigma == pytest.approx(12, rel=0.03 if scene == "flat" else 0.15)
    middle = len(found.autocorrelation) // 2
    for lag in (1, 2):
        expected = pytest.approx(correlation(noise, lag), abs=0.1)
        assert found.autocorrelation[middle][middle + lag] == expected
        assert found.correlation[lag] == expected


def test_the_least_of_many_is_not_taken_for_what_it_is_by_chance() -> None:
    """Of 1024 patches of noise alone the tenth with the least correlation has 0.05 less than all of them."""
    found = [measured(12 * drawn(0.7, seed, 512)) for seed in range(4)]
    true = [correlation(drawn(0.7, seed, 512), 1) for seed in range(4)]
    assert np.mean([each.correlation[1] for each in found]) == pytest.approx(np.mean(true), abs=0.015)
    assert np.mean([each.sigma for each in found]) == pytest.approx(12, rel=0.02)


def test_variance_that_grows_with_brightness() -> None:
    level = 20 + 300 * np.linspace(0, 1, SIDE)[None, :] * np.ones((SIDE, 1))
    found = measured(level + np.sqrt(2 * level + 30) * drawn(0.8))
    assert found.gain == pytest.approx(2, rel=0.25)
    error = found.variance_at(level) / (2 * level + 30)
    assert 0.7 < error.min() < error.max() < 1.4


def test_ground_cut_off_at_black_does_not_tell_how_strong_the_noise_is() -> None:
    """A third of the picture is so dark that most of its noise is below 0, as in pictures of 8 bits."""
    truth = np.where(np.arange(SIDE) < SIDE // 3, -8.0, 90.0)[:, None] + 20 * np.sin(np.arange(SIDE) / 60)
    truth[: SIDE // 3] = -8
    noise = 6 * drawn(0.8)
    found = measured(np.clip(np.round(truth + noise), 0, 255))
    assert found.sigma == pytest.approx(6, rel=0.1)
    assert found.correlation[1] == pytest.approx(correlation(noise, 1), abs=0.05)


@pytest.mark.parametrize(("groups", "gain"), [(2, 0.0), (3, 2.0)])
def test_two_groups_of_brightness_make_no_line_and_three_do(groups: int, gain: float) -> None:
    level = np.repeat([20.0, 200.0, 400.0][:groups], 40)
    noise = pieces(0.8, len(level))
    found = correlated_noise(np.sqrt(2 * level + 3)[:, None, None] * noise, level)
    assert found[0] == pytest.approx(gain, rel=0.2)


def test_a_group_of_structure_neither_adds_a_gain_nor_correlation() -> None:
    """The brightest third is all structure of larger variance, whose neighbours correlate more than those of the noise."""
    level = np.repeat([20.0, 40.0, 200.0], 60)
    noise = 3 * pieces(0.7, len(level))
    noise[120:] += 60 * pieces(2.5, 60, seed=1)
    gain, base, table = correlated_noise(noise, level)
    assert gain == 0
    assert base == pytest.approx(9, rel=0.2)
    assert table[REACH, REACH + 1] == pytest.approx(correlation(drawn(0.7), 1), abs=0.06)


def test_patches_one_half_of_which_is_constant_are_left_out_where_others_are_not() -> None:
    level = np.full(60, 10.0)
    noise = pieces(0.7, 60)
    noise[:20, :, :8] = 0
    assert correlated_noise(noise, level)[1] == pytest.approx(1, rel=0.2)
    assert np.isfinite(correlated_noise(noise[:20], level[:20])[2]).all()


def test_products_are_symmetric_and_exact() -> None:
    piece = np.arange(48.0).reshape(1, 6, 8)
    table = products(piece)
    np.testing.assert_allclose(table, table[::-1, ::-1])
    assert table[REACH, REACH] == (piece**2).mean()
    assert table[REACH + 1, REACH + 2] == (piece[0, :-1, :-2] * piece[0, 1:, 2:]).mean()
    assert table[REACH - 1, REACH + 2] == (piece[0, 1:, :-2] * piece[0, :-1, 2:]).mean()
