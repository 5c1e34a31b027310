"""The smooth picture a fit starts from, so that the network only has to draw what is finer."""

from __future__ import annotations

import torch
import torch.nn.functional as F

_ALONG_Z = 0.4
"""Width of the Gaussian along z in terms of that in the plane: planes are mostly farther apart than pixels."""


def smooth_estimate(observed: torch.Tensor, weight: torch.Tensor, sigma: float) -> torch.Tensor:
    """Gaussian mean of the known pixels around each pixel; where none is near, of ever wider surroundings.

    Not in the paper, whose network starts from grey and spends most of its steps on what any blur would give. The fit
    is then of ``head(inverse(guess) + network)``.

    Parameters
    ----------
    observed, weight
        (1, c, [z,] y, x) in about [0, 1] and (1, 1, [z,] y, x), 0 where nothing is known.
    sigma
        Width of the Gaussian in pixels; in planes `_ALONG_Z` times that.
    """
    guess, share = _weighted_gaussian(observed, weight, sigma)
    if bool((share > 0).all()) or min(observed.shape[-2:]) < 4:
        inside = tuple(range(2, observed.ndim))
        fallback = (observed * weight).sum(inside, keepdim=True) / weight.sum().clamp(min=1e-6)
        return torch.where(share > 0, guess, fallback)
    smaller = _halved(weight)
    image = _halved(observed * weight) / smaller.clamp(min=1e-6)
    coarse = smooth_estimate(image, (smaller > 0).float(), sigma)
    factors, mode = ((1, 2, 2), "trilinear") if observed.ndim == 5 else ((2, 2), "bilinear")
    wide = F.interpolate(coarse, scale_factor=factors, mode=mode, align_corners=False)
    wide = wide[..., : observed.shape[-2], : observed.shape[-1]]
    return torch.where(share > 0, guess, wide)


def local_average(image: torch.Tensor, seen: torch.Tensor, sigma: float, fallback: torch.Tensor) -> torch.Tensor:
    """The same within reach of the Gaussian, and `fallback` beyond. Waits for no device: made for every step."""
    mean, share = _weighted_gaussian(image, seen, sigma)
    return torch.where(share > 0, mean, fallback)


def neighbour_mean(image: torch.Tensor, seen: torch.Tensor) -> torch.Tensor:
    """Mean of the seen pixels among the 3 x 3 of its plane around each pixel; 0.5 where none is seen."""
    total, share = (F.avg_pool2d(x.flatten(0, -3), 3, 1, 1).view_as(x) for x in (image * seen, seen))
    return torch.where(share > 0, total / share.clamp(min=1e-6), 0.5)


def _halved(x: torch.Tensor) -> torch.Tensor:
    """Means of 2 x 2 pixels, plane by plane."""
    small = F.avg_pool2d(x.flatten(1, -3), 2, ceil_mode=True)
    return small.view(*x.shape[:-2], *small.shape[-2:])


def _weighted_gaussian(image: torch.Tensor, weight: torch.Tensor, sigma: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Weighted mean within 3 sigma, and the weight that went into it (0 where there is nothing)."""
    profile = _profile(sigma, min(image.shape[-2:]), image)
    deep = _profile(_ALONG_Z * sigma, image.shape[2], image) if image.ndim == 5 else None
    total, share = _separable(image * weight, profile, deep), _separable(weight, profile, deep)
    near = share > 1e-3
    return total / share.clamp(min=1e-3), share * near


def _profile(sigma: float, size: int, like: torch.Tensor) -> torch.Tensor:
    """Gaussian out to 3 sigma, but not wider than an axis of this size."""
    radius = min(round(3 * sigma), size - 1)
    distance = torch.arange(-radius, radius + 1, device=like.device, dtype=like.dtype)
    return torch.exp(-0.5 * (distance / sigma) ** 2)


def _separable(image: torch.Tensor, profile: torch.Tensor, deep: torch.Tensor | None) -> torch.Tensor:
    """Each channel convolved along y and x with `profile`, along z with `deep`; nothing beyond the edge."""
    planes = image.flatten(1, -3)
    along_y = _convolved(planes, profile[:, None])
    found = _convolved(along_y, profile[None]).reshape(image.shape)
    return found if deep is None else _convolved(found.flatten(-2), deep[:, None]).view_as(image)


def _convolved(image: torch.Tensor, kernel: torch.Tensor) -> torch.Tensor:
    """Each channel of (1, n, y, x) with the same odd (y, x) kernel."""
    channels = image.shape[1]
    padding = (kernel.shape[0] // 2, kernel.shape[1] // 2)
    return F.conv2d(image, kernel.expand(channels, 1, -1, -1), padding=padding, groups=channels)
