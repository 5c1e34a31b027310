"""Convolution with a point-spread function (PSF), and transfer functions (OTF)."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from napari_deep_prior.core.physics.padding import psf_margin


def convolve_valid(x: torch.Tensor, psf: torch.Tensor) -> torch.Tensor:
    """Convolve with a PSF and keep the pixels where it lies completely inside.

    Parameters
    ----------
    x
        (..., *spatial).
    psf
        (*spatial) with any number of axes. Its pixel ``size // 2`` is its centre: a point stays where it is.

    Returns
    -------
    Tensor
        (..., *spatial), smaller than `x` by `psf_margin` at both ends of each axis.

    Notes
    -----
    By Fourier transforms, whose cost does not depend on the size of the PSF.
    """
    axes = tuple(range(-psf.ndim, 0))
    size = [x.shape[axis] for axis in axes]
    spectrum = torch.fft.rfftn(psf.to(x), s=size, dim=axes)
    blurred = torch.fft.irfftn(torch.fft.rfftn(x, dim=axes) * spectrum, s=size, dim=axes)
    # The transform is periodic: pixels are right from the PSF's size on, and shifted by the distance of its centre from its start.
    inside = [slice(2 * margin, n) for n, margin in zip(size, psf_margin(psf.shape), strict=True)]
    result: torch.Tensor = blurred[(..., *inside)]
    return result


def transfer_function(kernel: torch.Tensor, size: Sequence[int], centre: Sequence[int]) -> torch.Tensor:
    """Transfer function of a periodic convolution.

    Parameters
    ----------
    kernel
        (*spatial).
    size
        Shape of the images it is convolved with.
    centre
        Index of the kernel's pixel that stays in place.

    Returns
    -------
    Tensor
        Complex, in the shape of `torch.fft.rfftn` of an image of that size.
    """
    padded = kernel.new_zeros(size)
    padded[tuple(slice(n) for n in kernel.shape)] = kernel
    spectrum: torch.Tensor = torch.fft.rfftn(padded.roll([-n for n in centre], tuple(range(padded.ndim))))
    return spectrum
