"""The error without the truth: right on average for what is known, right in order, honest about what it does not know."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch

from napari_deep_prior.core.diagnostics.error_estimate import (
    TILE,
    ErrorEstimate,
    Image,
    estimated_error,
    second_frame_error,
)
from napari_deep_prior.core.imaging.nl_ridge import nl_ridge
from napari_deep_prior.core.imaging.normalized_convolution import smooth_estimate
from napari_deep_prior.core.noise.estimate import NoiseEstimate

SIGMA = 12.0
NOISE = NoiseEstimate(sigma=SIGMA, patches=1, correlation=(1.0, 0.0), base=SIGMA**2)


def truth(side: int = 128) -> Image:
    y, x = np.mgrid[:side, :side]
    return (80 + 50 * np.sin(x / 9) * np.cos(y / 13) + 40 * ((x // 24 + y // 20) % 2))[None].astype(np.float32)


def seen(seed: int = 0) -> Image:
    clean = truth()
    return (clean + np.random.default_rng(seed).normal(0, SIGMA, clean.shape)).astype(np.float32)


def blurred(image: Image, width: float) -> Image:
    tensor = torch.from_numpy(image)[None]
    return smooth_estimate(tensor, torch.ones_like(tensor), width)[0].numpy()


def told(image: Image, width: float, **more: float) -> tuple[ErrorEstimate, float]:
    """Estimate and truth for a Gaussian blur."""
    result = blurred(image, width)
    found = estimated_error(image, result, NOISE, lambda other: blurred(other, width), **more)  # type: ignore[arg-type]
    return found, float(np.mean((result - truth()) ** 2))


@pytest.mark.parametrize("width", [0.5, 1.0, 2.0, 4.0])
def test_it_is_right_where_the_noise_is_known(width: float) -> None:
    found, real = told(seen(), width, variance_uncertainty=0.0)
    assert found.mean_squared_error == pytest.approx(real, abs=0.05 * SIGMA**2)
    assert found.low <= found.mean_squared_error <= found.high


def test_the_interval_holds_the_truth_nine_times_in_ten() -> None:
    each = [told(seen(seed), 1.0, variance_uncertainty=0.0) for seed in range(20)]
    assert sum(found.low <= real <= found.high for found, real in each) >= 16


def test_what_returns_the_image_has_the_error_of_the_noise() -> None:
    image = seen()
    found = estimated_error(image, image, NOISE, lambda other: other, variance_uncertainty=0.0)
    assert found.mean_squared_error == pytest.approx(SIGMA**2, rel=0.05)


def test_the_better_of_two_is_named() -> None:
    image = seen()
    methods = [lambda x, w=width: blurred(x, w) for width in (0.4, 0.8, 1.6, 3.2)]
    methods.append(lambda x: nl_ridge(torch.from_numpy(x)[None], 0.0, SIGMA**2)[0].numpy())
    results = [method(image) for method in methods]
    guesses = [estimated_error(image, r, NOISE, m).mean_squared_error for r, m in zip(results, methods, strict=True)]
    real = [float(np.mean((result - truth()) ** 2)) for result in results]
    for a, b in itertools.combinations(range(len(methods)), 2):
        assert (guesses[a] < guesses[b]) == (real[a] < real[b])


def test_it_widens_with_what_is_not_known_of_the_noise() -> None:
    sure, unsure = (told(seen(), 1.0, variance_uncertainty=u)[0] for u in (0.0, 0.2))
    assert unsure.high - unsure.low > 1.5 * (sure.high - sure.low)
    assert unsure.mean_squared_error == sure.mean_squared_error


def test_correlated_noise_needs_its_correlation() -> None:
    white = np.random.default_rng(0).normal(0, 1, (1, 129, 129))
    noise = SIGMA * (white[:, 1:, 1:] + white[:, :-1, 1:] + white[:, 1:, :-1] + white[:, :-1, :-1]) / 2
    image = (truth() + noise).astype(np.float32)
    half = np.array([0, 0.5, 1, 0.5, 0])
    table = tuple(tuple(row) for row in np.outer(half, half).tolist())
    known = NoiseEstimate(sigma=SIGMA, patches=1, correlation=(1.0, 0.5, 0.0), base=SIGMA**2, autocorrelation=table)
    result = blurred(image, 1.0)
    real = float(np.mean((result - truth()) ** 2))
    with_it, without = (
        estimated_error(image, result, noise, lambda x: blurred(x, 1.0), draws=4).mean_squared_error
        for noise in (known, NOISE)
    )
    assert abs(with_it - real) < 0.1 * SIGMA**2 < abs(without - real)


def test_the_map_shows_where_it_is_wrong() -> None:
    image = seen()

    def with_a_hole(other: Image) -> Image:
        found = blurred(other, 1.0)
        found[:, :TILE, :TILE] = 0
        return found

    spoilt = with_a_hole(image)
    tiles = estimated_error(image, spoilt, NOISE, with_a_hole).tiles
    assert tiles.shape == (4, 4)
    assert tiles[0, 0] > 5 * np.delete(tiles.ravel(), 0).max()


def test_a_second_frame_tells_differences_of_any_results() -> None:
    image, other = seen(0), seen(1)
    first, second = blurred(image, 0.7), blurred(image, 3.0)
    real = float(np.mean((first - truth()) ** 2) - np.mean((second - truth()) ** 2))
    found = second_frame_error(other, first) - second_frame_error(other, second)
    assert found == pytest.approx(real, rel=0.2)


def test_what_cannot_be_told_is_refused() -> None:
    image = seen()
    silent = NoiseEstimate(sigma=0.0, patches=0, correlation=(1.0, 0.0))
    with pytest.raises(ValueError, match="no noise could be measured"):
        estimated_error(image, image, silent, lambda x: x)
    with pytest.raises(ValueError, match="one shape"):
        estimated_error(image, image[:, :5], NOISE, lambda x: x)
