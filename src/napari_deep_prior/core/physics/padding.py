"""Crop and pad margins."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F


def crop_margin(drawn: torch.Tensor, margin: tuple[int, ...]) -> torch.Tensor:
    """(1, c, *spatial) without so many pixels along each edge: what was drawn beyond the observed image."""
    for axis, side in enumerate(margin, start=2):
        drawn = drawn.narrow(axis, side, drawn.shape[axis] - 2 * side)
    return drawn


def pad_replicate(x: torch.Tensor, margin: Sequence[int]) -> torch.Tensor:
    """(1, c, *spatial) grown by so many pixels at both ends of each axis, where it goes on as it ends."""
    return F.pad(x, _pads(margin), mode="replicate") if any(margin) else x


def pad_zeros(x: torch.Tensor, margin: Sequence[int]) -> torch.Tensor:
    """(1, c, *spatial) grown by so many pixels at both ends of each axis, where there is nothing: `crop_margin` undoes it."""
    return F.pad(x, _pads(margin))


def _pads(margin: Sequence[int]) -> list[int]:
    return [side for side in reversed(margin) for _ in range(2)]


def psf_margin(psf_shape: Sequence[int]) -> tuple[int, ...]:
    """How far beyond an edge light comes from, per axis."""
    return tuple(n // 2 for n in psf_shape)
