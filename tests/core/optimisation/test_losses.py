"""Misfits by what is known of the noise: unbiased, in no unit of their own, and deaf to outliers."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch

from napari_deep_prior.core.optimisation import losses
from napari_deep_prior.core.optimisation.losses import Misfit

ONES = torch.ones(1, 1, 100, 100)


def counts(mean: float) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(0).poisson(mean, (1, 1, 100, 100))).float()


def constant_of_least(misfit: Misfit, observed: torch.Tensor) -> float:
    """The constant image at which the misfit's slope is 0, between the least and the largest value."""
    low, high = float(observed.min()), float(observed.max())
    for _ in range(30):
        level = torch.tensor((low + high) / 2, requires_grad=True)
        misfit(level.expand_as(observed), observed, ONES).backward()
        low, high = (low, level.item()) if level.grad > 0 else (level.item(), high)
    return (low + high) / 2


@pytest.mark.parametrize("mean", [0.5, 4.0, 30.0])
def test_the_mean_of_counted_photons_is_found(mean: float) -> None:
    observed = counts(mean)
    error = observed.std() / 100  # of the mean of 100 x 100 pixels

    def by(variance: losses.Variance) -> float:
        return constant_of_least(losses.poisson_gaussian(variance), observed)

    assert abs(by(lambda f: f.clamp(min=0.01)) - observed.mean()) < 0.3 * error
    assert abs(by(lambda f: observed.clamp(min=0.5)) - observed.mean()) > 3 * error, "this law can tell a bias"


@pytest.mark.parametrize("misfit", [losses.poisson_gaussian, losses.huber])
def test_a_misfit_is_in_the_image_s_units_whatever_they_are(misfit: Callable[[losses.Variance], Misfit]) -> None:
    observed = counts(5) + 3
    fitted = observed * 0.9 + 0.7

    def of(scale: float) -> float:
        return float(misfit(lambda f: scale * f)(scale * fitted, scale * observed, ONES))

    assert of(1000) == pytest.approx(1e6 * of(1), rel=1e-4)


def test_where_all_is_alike_the_weighted_squares_are_plain_ones() -> None:
    observed, fitted = counts(5), counts(5).flip(-1)
    plain = losses.gaussian(fitted, observed, ONES)
    weighted = losses.poisson_gaussian(lambda f: torch.full_like(f, 7.0))(fitted, observed, ONES)
    torch.testing.assert_close(weighted, plain)


def test_outliers_hardly_pull() -> None:
    draw = np.random.default_rng(0)
    values = draw.normal(10, 1, ONES.shape)
    salted = torch.from_numpy(np.where(draw.random(ONES.shape) < 0.1, 1000, values)).float()
    assert constant_of_least(losses.huber(torch.ones_like), salted) == pytest.approx(10, abs=0.3)
    assert constant_of_least(losses.gaussian, salted) > 20
