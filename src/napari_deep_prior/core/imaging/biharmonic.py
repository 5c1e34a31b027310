"""Biharmonic inpainting, approximately: the smoothest surface through the known pixels, on which a network builds."""

from __future__ import annotations

import functools

import torch
import torch.nn.functional as F

_MIN_SIDE = 4
"""Images with fewer pixels a side are not halved further."""

_ITERATIONS = 30
"""Gradient steps on the bending energy."""

_STEP_SIZE, _MOMENTUM = 1 / 36, 0.85
"""Of these steps. The biharmonic operator has eigenvalues up to 64: below 2 (1 + 0.85) / 64 the descent is stable."""


def biharmonic_fill(image: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """Fill the missing pixels with nearly the biharmonic surface, which bends least; known pixels stay as they are.

    Parameters
    ----------
    image
        (n, c, y, x). The values of missing pixels do not matter.
    weight
        (n, 1, y, x), 1 where the image is known, else 0.

    Returns
    -------
    Tensor
        (n, c, y, x).

    Notes
    -----
    A push-pull pyramid [1]_, followed by a few gradient steps on the bending energy. Holes of a few pixels come out as
    with an exact solution (docs/benchmarks.md). In wide holes the result stays closer to local averages, which is an
    advantage: an exact surface overshoots there. Never synchronises with the device, because it runs in every step.

    References
    ----------
    .. [1] Gortler, Grzeszczuk, Szeliski, Cohen, The lumigraph, SIGGRAPH 1996.
    """
    image = image.contiguous()
    filled = _push_pull(image, weight)
    velocity = torch.zeros_like(image)
    step_size = _STEP_SIZE * (1 - weight)
    for _ in range(_ITERATIONS):
        velocity.mul_(_MOMENTUM).sub_(_laplacian(_laplacian(filled)).mul_(step_size))
        filled.add_(velocity)
    return filled


def _push_pull(image: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """Known pixels, and between them averages over ever wider surroundings."""
    if min(image.shape[-2:]) < _MIN_SIDE:
        known = weight.sum((-2, -1), keepdim=True).clamp(min=1e-6)
        return weight * image + (1 - weight) * ((image * weight).sum((-2, -1), keepdim=True) / known)
    coarse_weight = _halve(weight)
    coarse_mean = _halve(image * weight) / coarse_weight.clamp(min=1e-6)
    coarse = _push_pull(coarse_mean, (4 * coarse_weight).clamp(max=1))  # a quarter of known pixels counts as all known
    upsampled = F.interpolate(coarse, scale_factor=2, mode="bilinear", align_corners=False)
    upsampled = upsampled[..., : image.shape[-2], : image.shape[-1]]
    return weight * image + (1 - weight) * upsampled


def _halve(x: torch.Tensor) -> torch.Tensor:
    """(n, c, y, x) at half the resolution: binomial means over 4 x 4 pixels, with zeros beyond the edge."""
    channels = x.shape[1]
    kernel = _binomial_kernel(x.dtype, x.device).expand(channels, 1, 4, 4)
    padded = F.pad(x, (1, 1 + x.shape[-1] % 2, 1, 1 + x.shape[-2] % 2))
    return F.conv2d(padded, kernel, stride=2, groups=channels)


def _laplacian(x: torch.Tensor) -> torch.Tensor:
    """Sum of the differences to the four neighbours; the edge pixels are repeated beyond the edge."""
    p = F.pad(x, (1, 1, 1, 1), mode="replicate")
    neighbours = (p[..., :-2, 1:-1] + p[..., 2:, 1:-1]).add_(p[..., 1:-1, :-2]).add_(p[..., 1:-1, 2:])
    return neighbours.sub_(x, alpha=4)


@functools.lru_cache(maxsize=8)
def _binomial_kernel(dtype: torch.dtype, device: torch.device) -> torch.Tensor:
    row = torch.tensor([1.0, 3.0, 3.0, 1.0]) / 8
    return (row[:, None] * row).to(device, dtype)
