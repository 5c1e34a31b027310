"""The error to be expected of a denoised image."""

from __future__ import annotations

import numpy as np
import pytest

from napari_deep_prior.core.run.mixing.expected_error import expected_error

WHITE = ((1.0,),)


def of_wiener(signal: float, pixels: int = 65536, seed: int = 0):
    """What is found and what is true of the best estimate of pixels of variance `signal` in noise of variance 1."""
    random = np.random.default_rng(seed)
    truth, noise = np.sqrt(signal) * random.standard_normal(pixels), random.standard_normal(pixels)
    share = signal / (signal + 1)
    result = share * (truth + noise)
    found = expected_error(float(np.mean((result - truth - noise) ** 2)), share, pixels, WHITE, 1.0)
    return found, float(np.sqrt(np.mean((result - truth) ** 2)))


@pytest.mark.parametrize("signal", [0.003, 0.03, 0.3])
def test_of_the_best_estimate_the_interval_holds_the_truth(signal: float) -> None:
    found, truth = of_wiener(signal)
    assert found is not None
    assert found.low < truth < found.high
    assert found.low < found.relative < found.high
    assert found.high < 2.5 * truth


def test_what_is_lost_of_the_picture_is_seen() -> None:
    """A result that hardly follows the noise, but leaves out much of the picture: Stein's estimate says so."""
    random = np.random.default_rng(0)
    truth, noise = random.standard_normal(65536), random.standard_normal(65536)
    found = expected_error(float(np.mean((0.1 * (truth + noise) - truth - noise) ** 2)), 0.1, 65536, WHITE, 1.0)
    assert found is not None
    assert found.low < np.sqrt(0.81 + 0.01) < found.high
    assert found.high / found.low < 1.3  # an error as large as the noise is known well


def test_correlated_noise_and_few_pixels_are_less_certain() -> None:
    shared = tuple(map(tuple, np.outer([0.5, 1, 0.5], [0.5, 1, 0.5])))
    found = [
        expected_error(1.0, 0.1, pixels, table, 1.0)
        for pixels, table in ((65536, WHITE), (65536, shared), (100, WHITE))
    ]
    widths = [each.high / each.low for each in found if each is not None]
    assert len(widths) == 3
    assert widths[0] < min(widths[1:])


@pytest.mark.parametrize(
    ("residual", "followed", "pixels"),
    [(np.nan, 0.1, 9), (1.0, 0.0, 9), (1.0, -0.1, 9), (1.0, 1.0, 9), (1.0, 0.1, 0), (2.0, 0.1, 9)],
)
def test_where_nothing_can_be_told_nothing_is(residual: float, followed: float, pixels: int) -> None:
    assert expected_error(residual, followed, pixels, WHITE, 1.0) is None


def test_it_says_no_more_than_numbers_hold() -> None:
    found = expected_error(0.9, 1e-9, 10, WHITE, 1.0)
    assert found is not None
    assert 0 <= found.low <= found.relative <= found.high < 4
