"""Valid convolution, transfer function."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from napari_deep_prior.core.physics.padding import psf_margin


def convolve_valid(x: torch.Tensor, psf: torch.Tensor) -> torch.Tensor:
    """Convolution with a point-spread function, where it lies wholly inside: (..., *spatial) gets smaller by `psf_margin` a side.

    The middle of the PSF, its pixel ``size // 2``, is where a point stays. By Fourier transforms, which serve a PSF of any
    size and any number of axes.
    """
    axes = tuple(range(-psf.ndim, 0))
    size = [x.shape[axis] for axis in axes]
    spectrum = torch.fft.rfftn(psf.to(x), s=size, dim=axes)
    blurred = torch.fft.irfftn(torch.fft.rfftn(x, dim=axes) * spectrum, s=size, dim=axes)
    # A transform wraps round: a pixel is right from the PSF's size on, and lies as far off as the PSF's middle from its start.
    inside = [slice(2 * side, n) for n, side in zip(size, psf_margin(psf.shape), strict=True)]
    result: torch.Tensor = blurred[(..., *inside)]
    return result


def transfer_function(kernel: torch.Tensor, size: Sequence[int], middle: Sequence[int]) -> torch.Tensor:
    """What a convolution that wraps round, with the kernel's pixel `middle` in place, does to the spectrum of an image of this size."""
    whole = kernel.new_zeros(size)
    whole[tuple(slice(n) for n in kernel.shape)] = kernel
    spectrum: torch.Tensor = torch.fft.rfftn(whole.roll([-n for n in middle], tuple(range(whole.ndim))))
    return spectrum
