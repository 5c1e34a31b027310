"""Misfits between what the network draws and what was observed: pure functions of tensors."""

from __future__ import annotations

from collections.abc import Callable

import torch

Misfit = Callable[[torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]
"""(fitted, observed, weight) -> how far they are apart; a scalar tensor."""

Variance = Callable[[torch.Tensor], torch.Tensor]
"""Brightness (1, c, *spatial) -> variance of the noise there, both in the tensor's units."""

_DARK = 0.01
"""Added to both images of a Poisson misfit, on their scale from 0 to about 1."""


def gaussian(fitted: torch.Tensor, observed: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """Weighted mean squared error, the likelihood of Gaussian noise: ``sum w (f - y)^2 / sum w``.

    Shapes (1, c, *spatial) twice and (1, 1, *spatial); a scalar tensor.
    """
    return weighted_mean((fitted - observed).square(), weight)


def absolute(fitted: torch.Tensor, observed: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """Weighted mean of the errors' sizes: ``sum w |f - y| / sum w``. Shapes as for `gaussian`."""
    return weighted_mean((fitted - observed).abs(), weight)


def poisson(fitted: torch.Tensor, observed: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """The likelihood of counted photons, 0 where both agree: ``sum w (f - y + y log(y / f)) / sum w``.

    Shapes as for `gaussian`; both images are proportional to the light. What is below 0 counts as dark, and a little is
    added everywhere (the camera's own noise), without which dark pixels would outweigh all others.
    """
    f, y = fitted.clamp(min=0) + _DARK, observed.clamp(min=0) + _DARK
    return weighted_mean(f - y + y * (y / f).log(), weight)


def poisson_gaussian(variance: Variance) -> Misfit:
    """Squares divided by the noise's variance at the fitted brightness, times its mean: in sum as large as plain squares.

    Notes
    -----
    The variance is taken from the fitted image, held fixed in the gradient (quasi-likelihood, Wedderburn, Biometrika 1974):
    what is fitted then has the mean of the observations. By the observed pixels' own variance it would not, as those that
    happen to be dark would weigh most. Nothing is lost by not counting in photons: squares over their variance are
    the same in all units, unlike the square roots of Anscombe's transform.
    """

    def misfit(fitted: torch.Tensor, observed: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        expected = variance(fitted.detach())
        relative = weighted_mean((fitted - observed).square() / expected, weight)
        return relative * weighted_mean(expected, torch.ones_like(weight))

    return misfit


def huber(variance: Variance) -> Misfit:
    """Squares up to 1.345 standard deviations of the noise, beyond them straight lines: outliers hardly pull.

    The bend keeps 95 % of the efficiency on Gaussian noise (Huber, Annals of Mathematical Statistics 1964).
    """

    def misfit(fitted: torch.Tensor, observed: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        bend = 1.345 * variance(fitted.detach()).sqrt()
        off = (fitted - observed).abs()
        return weighted_mean(torch.where(off <= bend, off.square(), bend * (2 * off - bend)), weight)

    return misfit


def weighted_mean(values: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """Mean of (1, c, *spatial) by weights (1, 1, *spatial); a scalar tensor, 0 where nothing weighs anything."""
    count = (weight.sum() * values.shape[1]).clamp(min=1.0)  # a draw on a tiny image may weigh nothing at all
    return (weight * values).sum() / count


def total_variation(x: torch.Tensor) -> torch.Tensor:
    """Mean absolute difference of neighbours, summed over the axes of (1, c, *spatial); a scalar tensor (Rudin, Osher, Fatemi 1992).

    An axis one pixel long counts 0.
    """
    steps = [x.diff(dim=axis).abs() for axis in range(2, x.ndim) if x.shape[axis] > 1]
    return torch.stack([step.mean() for step in steps]).sum() if steps else x.new_zeros(())
