"""Margins of an image: cropped, padded, and as wide as a PSF needs them."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F


def crop_margin(x: torch.Tensor, margin: Sequence[int]) -> torch.Tensor:
    """Remove `margin` pixels (one number per spatial axis) at both ends of each axis of (1, c, *spatial)."""
    for axis, width in enumerate(margin, start=2):
        x = x.narrow(axis, width, x.shape[axis] - 2 * width)
    return x


def pad_replicate(x: torch.Tensor, margin: Sequence[int]) -> torch.Tensor:
    """Add `margin` pixels at both ends of each axis of (1, c, *spatial), equal to the edge pixels."""
    return F.pad(x, _pads(margin), mode="replicate") if any(margin) else x


def pad_zeros(x: torch.Tensor, margin: Sequence[int]) -> torch.Tensor:
    """Add `margin` zeros at both ends of each axis of (1, c, *spatial): the inverse and the adjoint of `crop_margin`."""
    return F.pad(x, _pads(margin))


def _pads(margin: Sequence[int]) -> list[int]:
    return [width for width in reversed(margin) for _ in range(2)]


def psf_margin(psf_shape: Sequence[int]) -> tuple[int, ...]:
    """Distance in pixels from which light reaches the image across its edge, per axis."""
    return tuple(n // 2 for n in psf_shape)
