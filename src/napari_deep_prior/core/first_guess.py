"""The smooth picture a fit starts from, so that the network only has to draw what is finer."""

from __future__ import annotations

import torch
import torch.nn.functional as F


def first_guess(observed: torch.Tensor, weight: torch.Tensor, sigma: float) -> torch.Tensor:
    """Gaussian mean of the known pixels around each pixel; where none is near, of ever wider surroundings.

    Not in the paper, whose network starts from grey and spends most of its steps on what any blur would give. The fit
    is then of ``head(inverse(guess) + network)``.

    Parameters
    ----------
    observed, weight
        (1, c, y, x) in about [0, 1] and (1, 1, y, x), 0 where nothing is known.
    sigma
        Width of the Gaussian in pixels.
    """
    guess, share = _gaussian_mean(observed, weight, sigma)
    if bool((share > 0).all()) or min(observed.shape[-2:]) < 4:
        fallback = (observed * weight).sum((2, 3), keepdim=True) / weight.sum().clamp(min=1e-6)
        return torch.where(share > 0, guess, fallback)
    smaller = F.avg_pool2d(weight, 2, ceil_mode=True)
    image = F.avg_pool2d(observed * weight, 2, ceil_mode=True) / smaller.clamp(min=1e-6)
    coarse = first_guess(image, (smaller > 0).float(), sigma)
    wide = F.interpolate(coarse, scale_factor=2, mode="bilinear", align_corners=False)
    wide = wide[..., : observed.shape[-2], : observed.shape[-1]]
    return torch.where(share > 0, guess, wide)


def local_mean(image: torch.Tensor, seen: torch.Tensor, sigma: float, fallback: torch.Tensor) -> torch.Tensor:
    """The same within reach of the Gaussian, and `fallback` beyond. Waits for no device: made for every step."""
    mean, share = _gaussian_mean(image, seen, sigma)
    return torch.where(share > 0, mean, fallback)


def _gaussian_mean(image: torch.Tensor, weight: torch.Tensor, sigma: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Weighted mean within 3 sigma, and the weight that went into it (0 where there is nothing)."""
    radius = min(round(3 * sigma), min(image.shape[-2:]) - 1)
    distance = torch.arange(-radius, radius + 1, device=image.device, dtype=image.dtype)
    profile = torch.exp(-0.5 * (distance / sigma) ** 2)
    channels = image.shape[1]
    total = _separable(image * weight, profile.expand(channels, -1))
    share = _separable(weight, profile[None])
    near = share > 1e-3
    return total / share.clamp(min=1e-3), share * near


def _separable(image: torch.Tensor, profile: torch.Tensor) -> torch.Tensor:
    """Each channel convolved along y and x with its profile (c, n); nothing beyond the edge."""
    channels, n = profile.shape
    along_y = F.conv2d(image, profile[:, None, :, None], padding=(n // 2, 0), groups=channels)
    return F.conv2d(along_y, profile[:, None, None, :], padding=(0, n // 2), groups=channels)
