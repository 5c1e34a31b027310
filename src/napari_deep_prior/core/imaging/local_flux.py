"""Local flux: a restored image is given the local mean of the observed one, so that no light is lost or made."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F

from napari_deep_prior.core.imaging.normalized_convolution import smooth_estimate

_SIGMA, _PHOTONS = 16.0, 100
"""The least width in pixels over which light is kept, and the fewest photons in it: their noise comes back with it."""

_BLOCK = 8
"""Side in pixels of the blocks whose means are compared."""

_MOST = 4.0
"""Most by which a pixel is made brighter or darker."""

_ROUNDS = 3
"""Of bringing the means together."""

_DARK = 1e-4
"""Means below it, in an image from 0 to 1, hold no light."""


def flux_width(photons: float) -> float:
    """Width in pixels of the Gaussian over which light is kept: as wide as sees many photons, where a pixel has so many."""
    return max(_SIGMA, math.sqrt(_PHOTONS / (4 * math.pi * photons)))


def keep_local_flux(
    restored: torch.Tensor,
    observed: torch.Tensor,
    weight: torch.Tensor,
    sigma: float,
    seen: Callable[[torch.Tensor], torch.Tensor] = lambda restored: restored,
) -> torch.Tensor:
    """The restored image times the ratio of the local means of the observed one and of what would be seen of it.

    Parameters
    ----------
    restored, observed
        (1, c, [z,] y, x) in about [0, 1], where 0 is dark.
    weight
        (1, 1, [z,] y, x), 0 where nothing was measured.
    sigma
        Standard deviation in pixels of the Gaussian over which means are taken: as wide as leaves their noise negligible.
    seen
        From a restored image to what the instrument would show of it; keeps the shape, and light but for what leaves the image.

    Returns
    -------
    Tensor
        Like `restored`; where it was 0 it still is.

    Notes
    -----
    The ratio is spread over what it was taken from, as in a step of Richardson and Lucy, which keeps the sum; a few of them, and one
    of the whole image.

    A fit of least squares keeps the mean, but for where it was stopped, averaged, held above 0, and where rare photons pull
    less often than the dark does. What is wrong at such scales is known from the observed image far better than from any fit.
    """
    wanted = _local_mean(_blocks(observed, weight), sigma)
    for _ in range(_ROUNDS):
        reached = _local_mean(_blocks(seen(restored), weight), sigma)
        ratio = wanted.clamp(min=_DARK) / reached.clamp(min=_DARK)
        spread = _local_mean((ratio.clamp(1 / _MOST, _MOST), _blocks(weight, torch.ones_like(weight))[0]), sigma)
        restored = restored * _enlarged(spread, restored.shape)
    axes = tuple(range(2, restored.ndim))
    whole = [(image * weight).sum(axes, keepdim=True).clamp(min=0) for image in (observed, seen(restored))]
    return torch.where(whole[1] > 0, restored * whole[0] / whole[1].clamp(min=1e-12), restored)


def _local_mean(blocks: tuple[torch.Tensor, torch.Tensor], sigma: float) -> torch.Tensor:
    """Gaussian mean of the blocks (planes, c, rows, columns) around each."""
    local = [
        smooth_estimate(mean[None], share[None], max(1.0, sigma / _BLOCK)) for mean, share in zip(*blocks, strict=True)
    ]
    return torch.cat(local)


def _blocks(image: torch.Tensor, weight: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Means of blocks of each plane, (planes, c, rows, columns), and their weights; at the far edges of what there is of them."""
    planes, known = (x.movedim(1, -3).flatten(0, -4) for x in (image, weight))
    total, share = (F.avg_pool2d(x, _BLOCK, ceil_mode=True, count_include_pad=False) for x in (planes * known, known))
    return total / share.clamp(min=1e-6), share


def _enlarged(ratio: torch.Tensor, shape: torch.Size) -> torch.Tensor:
    """Blocks (planes, c, rows, columns) on the grid of an image (1, c, [z,] y, x)."""
    fine = F.interpolate(ratio, scale_factor=_BLOCK, mode="bilinear", align_corners=False)
    fine = fine[..., : shape[-2], : shape[-1]]
    return fine.movedim(0, 1)[None] if len(shape) == 5 else fine
