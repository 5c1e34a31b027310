"""Blind estimation of a blur kernel from one image: coarse to fine, from the edges of an image with few gradients."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F

from napari_deep_prior.core.physics import convolution, padding
from napari_deep_prior.core.physics.tv_deconvolution import WEIGHT_PER_VARIANCE, deconvolve_tv

CITATION = "Xu, L., Zheng, S. & Jia, J. Unnatural L0 sparse representation for natural image deblurring. IEEE CVPR, 1107-1114 (2013)."

_EDGE_COST, _FINAL_EDGE_COST = 1e-2, 1e-3
"""Cost of each edge pixel at first and in the end, in squared differences of an image from 0 to 1."""

_ALTERNATIONS = 5
"""Alternations of image and kernel at each scale."""

_KERNEL_RIDGE = 10.0
"""Weight of the squared kernel values relative to the misfit of the differences."""

_MIN_RELATIVE = 0.1
"""Kernel values below this fraction of the largest, and specks below this fraction of the brightest, are set to 0."""

_TV_VARIANCE = 2e-4
"""Noise variance assumed by the total-variation image from which a kernel is refined and by which it is judged."""

_TV_ITERATIONS = 40
"""ADMM iterations of that image."""


def estimate_kernel(observed: torch.Tensor, size: int) -> torch.Tensor | None:
    """Estimate the kernel of an unknown blur that is the same everywhere.

    Parameters
    ----------
    observed
        (1, c, y, x) in about [0, 1]. The mean of the channels is used.
    size
        Side of the kernel in pixels.

    Returns
    -------
    Tensor or None
        (size, size), of sum 1, with its centre of mass in the middle; None where the image is too small or too flat.

    Notes
    -----
    Alternates between the image that explains the blurred one with the fewest edges, and the kernel that explains the
    blurred differences by that image's differences [1]_. It goes from a kernel of three pixels and a small image up to the
    full size, so that each scale starts from a blur that is nearly known. Departs from the paper at the borders, where
    the image is mirrored instead of continued by a periodic tile.

    The result depends on the initial kernel. So it is computed from two of them, along y and along x, and each result is
    refined once with an image of small total variation, which keeps more than edges. Such an image costs least without
    any blur [2]_, but of two kernels found in the same way, the one that has failed costs more.

    References
    ----------
    .. [1] Xu, Zheng, Jia, Unnatural L0 sparse representation for natural image deblurring, CVPR 2013.
    .. [2] Levin, Weiss, Durand, Freeman, Understanding and evaluating blind deconvolution algorithms, CVPR 2009.
    """
    grey = observed.float().mean(1, keepdim=True)
    if observed.ndim != 4 or min(grey.shape[2:]) < 3 * size or float(grey.std()) < 1e-3:
        return None
    initial = _initial_kernel(grey)
    candidates = [_refine(grey, _coarse_to_fine(grey, start, size)) for start in (initial, initial.T)]
    kernel = min(candidates, key=lambda candidate: _cost(grey, candidate))
    return F.pad(kernel, (0, size - kernel.shape[1], 0, size - kernel.shape[0]))


def _coarse_to_fine(grey: torch.Tensor, kernel: torch.Tensor, size: int) -> torch.Tensor:
    edge_cost = _EDGE_COST
    for side in _sides(size):
        small = _resize(grey, [round(n * side / size) for n in grey.shape[2:]])
        kernel = _normalised(_resize(kernel[None, None], [side, side])[0, 0])
        for _ in range(_ALTERNATIONS):
            kernel = _fit_kernel(_l0_gradient_image(small, kernel, edge_cost), small, side)
            edge_cost = max(edge_cost / 1.1, _FINAL_EDGE_COST)
        kernel = _centred(kernel)
    return kernel


def _tv_image(grey: torch.Tensor, kernel: torch.Tensor) -> torch.Tensor:
    return deconvolve_tv(grey, torch.ones_like(grey), kernel, _TV_VARIANCE, iterations=_TV_ITERATIONS)


def _refine(grey: torch.Tensor, kernel: torch.Tensor) -> torch.Tensor:
    """Fit the kernel once more, to the image of small total variation."""
    image = padding.crop_margin(_tv_image(grey, kernel), padding.psf_margin(kernel.shape))
    return _centred(_fit_kernel(image, grey, kernel.shape[0]))


def _cost(grey: torch.Tensor, kernel: torch.Tensor) -> float:
    """Objective of total-variation deconvolution with this kernel: misfit and total variation."""
    image = _tv_image(grey, kernel)
    misfit = (convolution.convolve_valid(image, kernel) - grey).square().mean()
    down, across = image.diff(dim=2)[..., 1:], image.diff(dim=3)[..., 1:, :]
    return float(misfit / 2 + WEIGHT_PER_VARIANCE * _TV_VARIANCE * torch.hypot(down, across).mean())


def _sides(size: int) -> list[int]:
    """Odd sides from 3 to the size, each with about half as many pixels as the next."""
    largest = size - 1 + size % 2
    scales = max(0, math.ceil(2 * math.log2(largest / 3)))
    return sorted({max(3, int(largest / 2 ** (scale / 2)) // 2 * 2 + 1) for scale in range(1, scales + 1)} | {largest})


def _initial_kernel(grey: torch.Tensor) -> torch.Tensor:
    """(3, 3): the centre and its neighbour along the axis with the weaker differences, the more blurred one."""
    down, across = (float(grey.diff(dim=axis).abs().mean()) for axis in (2, 3))
    kernel = grey.new_zeros(3, 3)
    kernel[1, 1] = 0.5
    kernel[(1, 2) if across <= down else (2, 1)] = 0.5
    return kernel


def _l0_gradient_image(observed: torch.Tensor, kernel: torch.Tensor, edge_cost: float) -> torch.Tensor:
    """Minimise ``|k * x - y|^2 + edge_cost (number of edge pixels)`` over x, by half-quadratic splitting."""
    side = kernel.shape[0]
    image = _mirror(observed, side)
    size = list(image.shape[2:])
    blur, *gradients = (
        convolution.transfer_function(k, size, padding.psf_margin(k.shape))
        for k in (kernel, kernel.new_tensor([[-1.0], [1.0]]), kernel.new_tensor([[-1.0, 1.0]]))
    )
    data_term = blur.conj() * torch.fft.rfft2(image)
    blur_power = blur.abs().square()
    gradient_power = sum(gradient.abs().square() for gradient in gradients)
    penalty = 2 * edge_cost
    while penalty < 1e5:
        spectrum = torch.fft.rfft2(image)
        differences = torch.stack([torch.fft.irfft2(gradient * spectrum, s=size) for gradient in gradients])
        edges = differences * (differences.square().sum(0) >= edge_cost / penalty)
        edge_term = sum(
            gradient.conj() * torch.fft.rfft2(edge) for gradient, edge in zip(gradients, edges, strict=True)
        )
        image = torch.fft.irfft2((data_term + penalty * edge_term) / (blur_power + penalty * gradient_power), s=size)
        penalty *= 2
    return image[..., side : side + observed.shape[2], side : side + observed.shape[3]]


def _fit_kernel(sharp: torch.Tensor, observed: torch.Tensor, side: int) -> torch.Tensor:
    """Kernel that turns the sharp differences into the observed ones: least squares, then without negative or faint values."""
    size = [n + side for n in observed.shape[2:]]
    numerator, denominator = torch.zeros(()), torch.zeros(())
    for axis in (2, 3):
        sharp_spectrum, observed_spectrum = (torch.fft.rfft2(x.diff(dim=axis), s=size) for x in (sharp, observed))
        numerator = numerator + sharp_spectrum.conj() * observed_spectrum
        denominator = denominator + sharp_spectrum.abs().square()
    solution = torch.fft.irfft2(numerator / (denominator + _KERNEL_RIDGE), s=size)[0, 0]
    kernel = solution.roll((side // 2, side // 2), (0, 1))[:side, :side]
    return _normalised(_drop_specks(torch.where(kernel < _MIN_RELATIVE * kernel.max(), 0.0, kernel)))


def _drop_specks(kernel: torch.Tensor) -> torch.Tensor:
    """Set faint connected components to 0: the path of a shaken camera is connected."""
    lit = (kernel > 0).float()[None, None]
    if not bool(lit.any()):
        return kernel
    labels = lit * torch.arange(1.0, lit.numel() + 1).to(lit).view(lit.shape)
    while not torch.equal(
        labels, spread := F.max_pool2d(labels, 3, 1, 1) * lit
    ):  # the largest label fills its component
        labels = spread
    component = labels[0, 0].long()
    light = torch.bincount(component.flatten(), kernel.flatten())
    light[0] = 0.0
    return torch.where(light[component] >= _MIN_RELATIVE * light.max(), kernel, 0.0)


def _normalised(kernel: torch.Tensor) -> torch.Tensor:
    """Without negative values and of sum 1; a point in the middle where nothing is positive."""
    light = kernel.clamp(min=0)
    if float(light.sum()) < 1e-12:
        light = torch.zeros_like(kernel)
        light[kernel.shape[0] // 2, kernel.shape[1] // 2] = 1
    return light / light.sum()


def _centred(kernel: torch.Tensor) -> torch.Tensor:
    """Shift by whole pixels so that the centre of mass is in the middle; the image may be shifted the other way."""
    positions = torch.arange(kernel.shape[0]).to(kernel)
    shifts = [round(kernel.shape[0] // 2 - float((kernel.sum(1 - axis) * positions).sum())) for axis in (0, 1)]
    for axis, shift in enumerate(shifts):
        kernel = kernel.roll(shift, axis)
        start = 0 if shift >= 0 else kernel.shape[axis] + shift
        kernel.narrow(axis, start, abs(shift)).zero_()  # what has wrapped round
    return _normalised(kernel)


def _mirror(image: torch.Tensor, side: int) -> torch.Tensor:
    """Mirror to twice the size, so that the image is periodic without a seam, and shift it by `side` along both axes."""
    for axis in (2, 3):
        image = torch.cat([image, image.flip(axis)], axis).roll(side, axis)
    return image


def _resize(image: torch.Tensor, size: list[int]) -> torch.Tensor:
    if list(image.shape[2:]) == size:
        return image
    return F.interpolate(image, size=size, mode="bilinear", antialias=True, align_corners=False)
