"""Misfits between what the network draws and what was observed: pure functions of tensors."""

from __future__ import annotations

import torch


def gaussian(fitted: torch.Tensor, observed: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """Weighted mean squared error, the likelihood of Gaussian noise: ``sum w (f - y)^2 / sum w``.

    Shapes (1, c, *spatial) twice and (1, 1, *spatial); a scalar tensor.
    """
    count = (weight.sum() * fitted.shape[1]).clamp(min=1.0)  # a draw on a tiny image may weigh nothing at all
    return (weight * (fitted - observed).square()).sum() / count
