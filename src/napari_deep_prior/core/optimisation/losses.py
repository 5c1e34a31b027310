"""Losses between a fitted image and the observed one: pure functions of tensors."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import torch

Loss = Callable[[torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]
"""(fitted, observed, weight) -> scalar loss; shapes (1, c, *spatial) twice and (1, 1, *spatial)."""

Variance = Callable[[torch.Tensor], torch.Tensor]
"""Brightness (1, c, *spatial) -> variance of the noise there, both in tensor units."""


@dataclasses.dataclass(frozen=True, slots=True)
class Misfit:
    """A loss, and what is known of it.

    Attributes
    ----------
    loss
        How it is computed.
    shows_noise
        Whether its value for the true image, which noise alone makes, is `NoiseModel.expected_loss`, and is shown beside the loss.
    """

    loss: Loss
    shows_noise: bool = False

    def __call__(self, fitted: torch.Tensor, observed: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        return self.loss(fitted, observed, weight)


_POISSON_OFFSET = 0.01
"""Added to both images of the Poisson loss, on their scale from 0 to about 1."""

_HUBER_BEND = 1.345
"""In standard deviations of the noise: 95 % efficiency for Gaussian noise (Huber, Annals of Mathematical Statistics 1964)."""


def gaussian(fitted: torch.Tensor, observed: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """Weighted mean squared error, the likelihood of Gaussian noise: ``sum w (f - y)^2 / sum w``.

    Shapes as for `Misfit`.
    """
    return weighted_mean((fitted - observed).square(), weight)


def absolute(fitted: torch.Tensor, observed: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """Weighted mean absolute error: ``sum w |f - y| / sum w``. Shapes as for `Misfit`."""
    return weighted_mean((fitted - observed).abs(), weight)


def poisson(fitted: torch.Tensor, observed: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """Likelihood of photon counts, minus its best value: ``sum w (f - y + y log(y / f)) / sum w``.

    Both images must be proportional to the light; values below 0 count as dark. A small offset, the noise of the camera
    itself, is added to both, because dark pixels would outweigh all others without it. Shapes as for `Misfit`.
    """
    f, y = fitted.clamp(min=0) + _POISSON_OFFSET, observed.clamp(min=0) + _POISSON_OFFSET
    return weighted_mean(f - y + y * (y / f).log(), weight)


def poisson_gaussian(variance: Variance) -> Loss:
    """Squared error over the noise variance at the fitted brightness, times the mean variance: on the scale of `gaussian`.

    Notes
    -----
    The variance is that at the fitted image, and constant in the gradient (quasi-likelihood [1]_): the fit then has the mean
    of the observations. With the variance at the observed pixels it would not, since those that happen to be dark would
    weigh most. Photon counts are not needed: squares over their variance are the same in all units, unlike the square
    roots of Anscombe's transform.

    References
    ----------
    .. [1] Wedderburn, Quasi-likelihood functions, generalized linear models, and the Gauss-Newton method, Biometrika 61, 1974.
    """

    def misfit(fitted: torch.Tensor, observed: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        expected = variance(fitted.detach())
        relative = weighted_mean((fitted - observed).square() / expected, weight)
        return relative * weighted_mean(expected, torch.ones_like(weight))

    return misfit


def huber(variance: Variance) -> Loss:
    """Squared error up to 1.345 standard deviations of the noise, linear beyond: outliers hardly pull (Huber 1964)."""

    def misfit(fitted: torch.Tensor, observed: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        bend = _HUBER_BEND * variance(fitted.detach()).sqrt()
        error = (fitted - observed).abs()
        return weighted_mean(torch.where(error <= bend, error.square(), bend * (2 * error - bend)), weight)

    return misfit


def weighted_mean(values: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """Mean of (1, c, *spatial) with weights (1, 1, *spatial); a scalar tensor, 0 where all weights are 0."""
    total_weight = (weight.sum() * values.shape[1]).clamp(min=1.0)  # a sample of a tiny image may weigh nothing at all
    return (weight * values).sum() / total_weight


def total_variation(x: torch.Tensor) -> torch.Tensor:
    """Mean absolute difference of neighbours, summed over the axes of (1, c, *spatial); a scalar tensor.

    Anisotropic total variation (Rudin, Osher, Fatemi, Physica D 60, 1992). An axis one pixel long counts 0.
    """
    differences = [x.diff(dim=axis).abs() for axis in range(2, x.ndim) if x.shape[axis] > 1]
    return torch.stack([difference.mean() for difference in differences]).sum() if differences else x.new_zeros(())
