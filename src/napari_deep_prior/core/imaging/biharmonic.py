"""The smoothest surface through what is known, nearly: what stands in a hole before a network draws in it."""

from __future__ import annotations

import functools

import torch
import torch.nn.functional as F

_SMALLEST = 4
"""Pixels a side below which a picture is not halved further."""

_SWEEPS = 30
_STEP, _MOMENTUM = 1 / 36, 0.85
"""Of the descent to the least bending. The bending's operator has eigenvalues up to 64: below 2 (1 + 0.85) / 64 it is stable."""


def biharmonic_fill(image: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """Known pixels as they are, and between them nearly the biharmonic surface, which bends least.

    By averages over ever wider surroundings, each filled by the next ("pull-push", Gortler et al., The lumigraph, SIGGRAPH
    1996), and a few steps of descent from there, after which holes of a few pixels are as good as exact (docs/benchmarks.md). Wide
    ones are left nearer to those averages, which is to their good: an exact surface swings. Waits for no device: made for
    every step.

    Parameters
    ----------
    image
        (n, c, y, x); what it holds where nothing is known does not matter.
    weight
        (n, 1, y, x), 1 where it is known, else 0.
    """
    image = image.contiguous()
    filled, moved, open_step = _push_pull(image, weight), torch.zeros_like(image), _STEP * (1 - weight)
    for _ in range(_SWEEPS):
        moved.mul_(_MOMENTUM).sub_(_laplacian(_laplacian(filled)).mul_(open_step))
        filled.add_(moved)
    return filled


def _push_pull(image: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    if min(image.shape[-2:]) < _SMALLEST:
        known = weight.sum((-2, -1), keepdim=True).clamp(min=1e-6)
        return weight * image + (1 - weight) * ((image * weight).sum((-2, -1), keepdim=True) / known)
    share = _halved(weight)
    mean = _halved(image * weight) / share.clamp(min=1e-6)
    coarse = _push_pull(mean, (4 * share).clamp(max=1))  # a quarter of the surroundings tells as much as all
    wide = F.interpolate(coarse, scale_factor=2, mode="bilinear", align_corners=False)
    wide = wide[..., : image.shape[-2], : image.shape[-1]]
    return weight * image + (1 - weight) * wide


def _halved(x: torch.Tensor) -> torch.Tensor:
    """Means over 4 x 4 pixels, the middle four counting most, at every other place; nothing beyond the edge."""
    channels = x.shape[1]
    kernel = _binomial(x.dtype, x.device).expand(channels, 1, 4, 4)
    around = F.pad(x, (1, 1 + x.shape[-1] % 2, 1, 1 + x.shape[-2] % 2))
    return F.conv2d(around, kernel, stride=2, groups=channels)


def _laplacian(x: torch.Tensor) -> torch.Tensor:
    """Differences to the four neighbours; at an edge the picture goes on as it ends."""
    p = F.pad(x, (1, 1, 1, 1), mode="replicate")
    around = (p[..., :-2, 1:-1] + p[..., 2:, 1:-1]).add_(p[..., 1:-1, :-2]).add_(p[..., 1:-1, 2:])
    return around.sub_(x, alpha=4)


@functools.lru_cache(maxsize=8)
def _binomial(dtype: torch.dtype, device: torch.device) -> torch.Tensor:
    row = torch.tensor([1.0, 3.0, 3.0, 1.0]) / 8
    return (row[:, None] * row).to(device, dtype)
