"""Normalized convolution: local means of the known pixels only (Knutsson and Westin, CVPR 1993)."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from napari_deep_prior.core.imaging.row_blocks import row_blocks

_Z_SIGMA = 0.4
"""Standard deviation of the Gaussian along z relative to that in the plane: planes are mostly farther apart than pixels."""


def smooth_estimate(observed: torch.Tensor, weight: torch.Tensor, sigma: float) -> torch.Tensor:
    """Gaussian mean of the known pixels around each pixel; where none is near, of ever wider surroundings.

    The network then only has to add what is finer: a fit is of ``activation(inverse(estimate) + network)``. This departs
    from Deep Image Prior, whose network starts from grey and spends most of its steps on what any blur would give.

    Parameters
    ----------
    observed
        (1, c, [z,] y, x) in about [0, 1].
    weight
        (1, 1, [z,] y, x), 0 where nothing is known.
    sigma
        Standard deviation of the Gaussian in pixels; along z `_Z_SIGMA` times that.

    Returns
    -------
    Tensor
        (1, c, [z,] y, x).
    """
    estimate, local_weight = _weighted_gaussian(observed, weight, sigma)
    if bool((local_weight > 0).all()) or min(observed.shape[-2:]) < 4:
        spatial = tuple(range(2, observed.ndim))
        overall_mean = (observed * weight).sum(spatial, keepdim=True) / weight.sum().clamp(min=1e-6)
        return torch.where(local_weight > 0, estimate, overall_mean)
    coarse_weight = _halve(weight)
    coarse_observed = _halve(observed * weight) / coarse_weight.clamp(min=1e-6)
    coarse = smooth_estimate(coarse_observed, (coarse_weight > 0).float(), sigma)
    factors, mode = ((1, 2, 2), "trilinear") if observed.ndim == 5 else ((2, 2), "bilinear")
    upsampled = F.interpolate(coarse, scale_factor=factors, mode=mode, align_corners=False)
    upsampled = upsampled[..., : observed.shape[-2], : observed.shape[-1]]
    return torch.where(local_weight > 0, estimate, upsampled)


def local_average(image: torch.Tensor, weight: torch.Tensor, sigma: float, fallback: torch.Tensor) -> torch.Tensor:
    """Gaussian mean of the weighted pixels, and `fallback` where none lies within 3 sigma.

    Shapes and units as for `smooth_estimate`. Never synchronises with the device, because it runs in every step.
    """
    mean, local_weight = _weighted_gaussian(image, weight, sigma)
    return torch.where(local_weight > 0, mean, fallback)


def neighbour_mean(image: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """Weighted mean of the 3 x 3 pixels around each pixel in its plane; 0.5 where all weights are 0.

    Shapes as for `smooth_estimate`.
    """
    total, local_weight = (F.avg_pool2d(x.flatten(0, -3), 3, 1, 1).view_as(x) for x in (image * weight, weight))
    return torch.where(local_weight > 0, total / local_weight.clamp(min=1e-6), 0.5)


def _halve(x: torch.Tensor) -> torch.Tensor:
    """Means of 2 x 2 pixels, plane by plane."""
    small = F.avg_pool2d(x.flatten(1, -3), 2, ceil_mode=True)
    return small.view(*x.shape[:-2], *small.shape[-2:])


def _weighted_gaussian(image: torch.Tensor, weight: torch.Tensor, sigma: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Weighted mean within 3 sigma, and the sum of the weights in it (0 where it is negligible)."""
    in_plane = _gaussian_profile(sigma, min(image.shape[-2:]), image)
    along_z = _gaussian_profile(_Z_SIGMA * sigma, image.shape[2], image) if image.ndim == 5 else None
    total = _separable_convolution(image * weight, in_plane, along_z)
    local_weight = _separable_convolution(weight, in_plane, along_z)
    return total / local_weight.clamp(min=1e-3), local_weight * (local_weight > 1e-3)


def _gaussian_profile(sigma: float, size: int, like: torch.Tensor) -> torch.Tensor:
    """Gaussian out to 3 sigma, but not wider than an axis of this size."""
    radius = min(round(3 * sigma), size - 1)
    distance = torch.arange(-radius, radius + 1, device=like.device, dtype=like.dtype)
    return torch.exp(-0.5 * (distance / sigma) ** 2)


def _separable_convolution(image: torch.Tensor, in_plane: torch.Tensor, along_z: torch.Tensor | None) -> torch.Tensor:
    """Each channel convolved with `in_plane` along y and x and with `along_z` along z; zeros beyond the edge."""
    planes = image.flatten(1, -3)
    along_y = _convolve_channels(planes, in_plane[:, None])
    along_yx = _convolve_channels(along_y, in_plane[None]).reshape(image.shape)
    if along_z is None:
        return along_yx
    return _convolve_channels(along_yx.flatten(-2), along_z[:, None]).view_as(image)


def _convolve_channels(image: torch.Tensor, kernel: torch.Tensor) -> torch.Tensor:
    """Each channel of (1, n, y, x) with the same odd (y, x) kernel.

    In the image's own precision, whatever surrounds it: in bfloat16 a row of 17 weights, channels last, never ends on processors with
    AMX (PyTorch 2.13). Some rows at a time: PyTorch lays out all pixels under the kernel side by side, many times the image.
    """
    channels, rows = image.shape[1:3]
    reach, aside = (side // 2 for side in kernel.shape)
    found = []
    with torch.amp.autocast_mode.autocast(image.device.type, enabled=False):
        for block in row_blocks(image.shape):
            top, bottom = max(0, block.start - reach), min(rows, block.stop + reach)
            part = F.conv2d(
                image[:, :, top:bottom], kernel.expand(channels, 1, -1, -1), padding=(reach, aside), groups=channels
            )
            found.append(part[:, :, block.start - top : block.stop - top])
    return torch.cat(found, 2) if len(found) > 1 else found[0]
