"""Kernels that are computed: Gaussians, and a microscope's focus as one."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence

import torch

# Standard deviations of a focus in wide field (Zhang, Zerubia, Olivo-Marin, Applied Optics 46, 2007, paraxial): in a plane and
# in a volume, in wavelengths over NA; along z, in wavelengths times refractive index over NA squared.
_WIDTH = {2: 0.21, 3: math.sqrt(2) / (2 * math.pi)}
_DEPTH = 2 * math.sqrt(6) / (2 * math.pi)


def widefield_psf(
    dims: int,
    *,
    numerical_aperture: float,
    wavelength: float,
    pixel_size: float,
    z_step: float,
    refractive_index: float,
) -> torch.Tensor:
    """A point seen in wide field, ([z,] y, x), float64, up to a factor; all lengths in the same unit."""
    spot = wavelength / numerical_aperture
    depth = _DEPTH * refractive_index * spot / numerical_aperture / z_step
    widths = (*[depth] * (dims - 2), *[_WIDTH[dims] * spot / pixel_size] * 2)
    return outer_product([gaussian(sigma, max(1, math.ceil(4 * sigma))) for sigma in widths])


def gaussian(sigma: float, reach: int) -> torch.Tensor:
    """Profile of 2 reach + 1 pixels, 1 in its middle, float64."""
    distance = torch.arange(-reach, reach + 1, dtype=torch.float64)
    return torch.exp(-0.5 * (distance / sigma).square())


def outer_product(profiles: Sequence[torch.Tensor]) -> torch.Tensor:
    """Of one profile per axis."""
    return functools.reduce(lambda values, profile: values[..., None] * profile, profiles)
