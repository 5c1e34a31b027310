"""The kernel of an unknown blur, from a single image: coarse to fine, by the edges of a picture that has hardly any."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F

from napari_deep_prior.core.physics import convolution, padding
from napari_deep_prior.core.physics.tv_deconvolution import PER_VARIANCE, deconvolve_tv

_EDGES = 1e-2, 1e-3
"""What each edge costs at first and at last, in terms of squared differences in an image from 0 to 1."""

_ROUNDS = 5
"""Turns of picture and kernel at each size."""

_SMALL = 10.0
"""Weight of the squared values of a kernel beside the misfit of differences."""

_FAINT = 0.1
"""Values of a kernel below this share of its largest, and parts of it below this share of its main one, are taken for 0."""

_PLAIN = 2e-4
"""Variance of the noise that a plain picture is taken to have, from which the kernel is told once more and by which it is judged."""

_STEPS = 40
"""Rounds of least total variation for that."""


def estimate_kernel(observed: torch.Tensor, size: int) -> torch.Tensor | None:
    """Kernel (size, size) of sum 1 with its centre of mass in the middle, or None where the image is too small or too flat.

    Parameters
    ----------
    observed
        (1, c, y, x) in about [0, 1]; the channels' mean is looked at.

    Notes
    -----
    In turns: the picture that explains the blurred one with the fewest edges, and the kernel that explains the blurred
    differences by its (Xu, Zheng, Jia, Unnatural L0 sparse representation, CVPR 2013). From a kernel of three pixels and an
    image as much smaller up to the full size, so that it goes on from a blur that is nearly known. Where a picture ends, it
    is mirrored; their paper fills in a tile that goes round.

    What it ends with depends on the kernel it begins with. So it is done from both directions, and each kernel is told once more
    from a picture of little variation, which keeps more than edges. Such a picture costs least with no blur at all (Levin et
    al., CVPR 2009), but of two kernels found in the same way the one that has failed costs more.
    """
    grey = observed.float().mean(1, keepdim=True)
    if observed.ndim != 4 or min(grey.shape[2:]) < 3 * size or float(grey.std()) < 1e-3:
        return None
    pair = _initial_kernel(grey)
    kernels = [_refine(grey, _coarse_to_fine(grey, start, size)) for start in (pair, pair.T)]
    kernel = min(kernels, key=lambda kernel: _cost(grey, kernel))
    return F.pad(kernel, (0, size - kernel.shape[1], 0, size - kernel.shape[0]))


def _coarse_to_fine(grey: torch.Tensor, kernel: torch.Tensor, size: int) -> torch.Tensor:
    cost = _EDGES[0]
    for side in _sides(size):
        small = _resized(grey, [round(n * side / size) for n in grey.shape[2:]])
        kernel = _normalised(_resized(kernel[None, None], [side, side])[0, 0])
        for _ in range(_ROUNDS):
            kernel = _kernel(_l0_gradient_image(small, kernel, cost), small, side)
            cost = max(cost / 1.1, _EDGES[1])
        kernel = _centred(kernel)
    return kernel


def _tv_image(grey: torch.Tensor, kernel: torch.Tensor) -> torch.Tensor:
    return deconvolve_tv(grey, torch.ones_like(grey), kernel, _PLAIN, rounds=_STEPS)


def _refine(grey: torch.Tensor, kernel: torch.Tensor) -> torch.Tensor:
    """By a plain picture in place of one of few edges."""
    picture = padding.crop_margin(_tv_image(grey, kernel), padding.psf_margin(kernel.shape))
    return _centred(_kernel(picture, grey, kernel.shape[0]))


def _cost(grey: torch.Tensor, kernel: torch.Tensor) -> float:
    """How badly a plain picture explains the image with this kernel, and how much it varies."""
    picture = _tv_image(grey, kernel)
    misfit = (convolution.convolve_valid(picture, kernel) - grey).square().mean()
    down, across = picture.diff(dim=2)[..., 1:], picture.diff(dim=3)[..., 1:, :]
    return float(misfit / 2 + PER_VARIANCE * _PLAIN * torch.hypot(down, across).mean())


def _sides(size: int) -> list[int]:
    """Odd sides from 3 to the size, each about half as many pixels as the next."""
    largest = size - 1 + size % 2
    steps = max(0, math.ceil(2 * math.log2(largest / 3)))
    return sorted({max(3, int(largest / 2 ** (step / 2)) // 2 * 2 + 1) for step in range(1, steps + 1)} | {largest})


def _initial_kernel(grey: torch.Tensor) -> torch.Tensor:
    """Two pixels in the middle of 3 x 3, beside each other along the axis with the weaker differences."""
    down, across = (float(grey.diff(dim=axis).abs().mean()) for axis in (2, 3))
    kernel = grey.new_zeros(3, 3)
    kernel[1, 1] = 0.5
    kernel[(1, 2) if across <= down else (2, 1)] = 0.5
    return kernel


def _l0_gradient_image(observed: torch.Tensor, kernel: torch.Tensor, cost: float) -> torch.Tensor:
    """Picture of least ``|k * x - y|^2 + cost (number of pixels on an edge)``, by half-quadratic splitting."""
    side = kernel.shape[0]
    wide = _mirrored(observed, side)
    size = list(wide.shape[2:])
    blur, *steps = (
        convolution.transfer_function(part, size, padding.psf_margin(part.shape))
        for part in (kernel, kernel.new_tensor([[-1.0], [1.0]]), kernel.new_tensor([[-1.0, 1.0]]))
    )
    seen = blur.conj() * torch.fft.rfft2(wide)
    power, rough = blur.abs().square(), sum(step.abs().square() for step in steps)
    picture, hold = wide, 2 * cost
    while hold < 1e5:
        spectrum = torch.fft.rfft2(picture)
        differences = torch.stack([torch.fft.irfft2(step * spectrum, s=size) for step in steps])
        kept = differences * (differences.square().sum(0) >= cost / hold)
        wanted = sum(step.conj() * torch.fft.rfft2(part) for step, part in zip(steps, kept, strict=True))
        picture = torch.fft.irfft2((seen + hold * wanted) / (power + hold * rough), s=size)
        hold *= 2
    return picture[..., side : side + observed.shape[2], side : side + observed.shape[3]]


def _kernel(sharp: torch.Tensor, observed: torch.Tensor, side: int) -> torch.Tensor:
    """What turns the sharp differences into the observed ones: least squares, then light only, and no faint dots."""
    size = [n + side for n in observed.shape[2:]]
    above, below = torch.zeros(()), torch.zeros(())
    for axis in (2, 3):
        fine, coarse = (torch.fft.rfft2(x.diff(dim=axis), s=size) for x in (sharp, observed))
        above, below = above + fine.conj() * coarse, below + fine.abs().square()
    whole = torch.fft.irfft2(above / (below + _SMALL), s=size)[0, 0]
    kernel = whole.roll((side // 2, side // 2), (0, 1))[:side, :side]
    return _normalised(_drop_specks(torch.where(kernel < _FAINT * kernel.max(), 0.0, kernel)))


def _drop_specks(kernel: torch.Tensor) -> torch.Tensor:
    """Without the specks that do not touch the rest: a camera's path does not jump."""
    lit = (kernel > 0).float()[None, None]
    part = lit * torch.arange(1.0, lit.numel() + 1).to(lit).view(lit.shape)
    while not torch.equal(part, grown := F.max_pool2d(part, 3, 1, 1) * lit):
        part = grown
    number = part[0, 0].long()
    light = torch.bincount(number.flatten(), kernel.flatten())
    light[0] = 0.0
    return torch.where(light[number] >= _FAINT * light.max(), kernel, 0.0) if bool(lit.any()) else kernel


def _normalised(kernel: torch.Tensor) -> torch.Tensor:
    """Of sum 1 and nowhere negative; a point where there is no light."""
    light = kernel.clamp(min=0)
    if float(light.sum()) < 1e-12:
        light = torch.zeros_like(kernel)
        light[kernel.shape[0] // 2, kernel.shape[1] // 2] = 1
    return light / light.sum()


def _centred(kernel: torch.Tensor) -> torch.Tensor:
    """Shifted by whole pixels so that its centre of mass is its middle: the picture may be shifted as freely."""
    places = torch.arange(kernel.shape[0]).to(kernel)
    off = [round(kernel.shape[0] // 2 - float((kernel.sum(1 - axis) * places).sum())) for axis in (0, 1)]
    for axis, shift in enumerate(off):
        kernel = kernel.roll(shift, axis)
        gone = kernel.narrow(axis, 0, shift) if shift >= 0 else kernel.narrow(axis, kernel.shape[axis] + shift, -shift)
        gone.zero_()
    return _normalised(kernel)


def _mirrored(image: torch.Tensor, side: int) -> torch.Tensor:
    """Grown on all sides so that it goes on as it came, and round without a seam."""
    for axis in (2, 3):
        image = torch.cat([image, image.flip(axis)], axis).roll(side, axis)
    return image


def _resized(image: torch.Tensor, size: list[int]) -> torch.Tensor:
    if list(image.shape[2:]) == size:
        return image
    return F.interpolate(image, size=size, mode="bilinear", antialias=True, align_corners=False)
