"""Misfits between what the network draws and what was observed: pure functions of tensors."""

from __future__ import annotations

import torch

_DARK = 0.01
"""Added to both images of a Poisson misfit, on their scale from 0 to about 1."""


def gaussian(fitted: torch.Tensor, observed: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """Weighted mean squared error, the likelihood of Gaussian noise: ``sum w (f - y)^2 / sum w``.

    Shapes (1, c, *spatial) twice and (1, 1, *spatial); a scalar tensor.
    """
    return weighted_mean((fitted - observed).square(), weight)


def poisson(fitted: torch.Tensor, observed: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """The likelihood of counted photons, 0 where both agree: ``sum w (f - y + y log(y / f)) / sum w``.

    Shapes as for `gaussian`; both images are proportional to the light. What is below 0 counts as dark, and a little is
    added everywhere (the camera's own noise), without which dark pixels would outweigh all others.
    """
    f, y = fitted.clamp(min=0) + _DARK, observed.clamp(min=0) + _DARK
    return weighted_mean(f - y + y * (y / f).log(), weight)


def weighted_mean(values: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """Mean of (1, c, *spatial) by weights (1, 1, *spatial); a scalar tensor, 0 where nothing weighs anything."""
    count = (weight.sum() * values.shape[1]).clamp(min=1.0)  # a draw on a tiny image may weigh nothing at all
    return (weight * values).sum() / count


def total_variation(x: torch.Tensor) -> torch.Tensor:
    """Mean absolute difference of neighbours along both axes of (1, c, y, x); a scalar tensor (Rudin, Osher, Fatemi 1992)."""
    return (x[..., 1:, :] - x[..., :-1, :]).abs().mean() + (x[..., 1:] - x[..., :-1]).abs().mean()
