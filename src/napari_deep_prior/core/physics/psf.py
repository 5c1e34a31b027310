"""Computed point-spread functions: Gaussians, alone and as an approximation of a wide-field microscope."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence

import torch

_LATERAL = {2: 0.21, 3: math.sqrt(2) / (2 * math.pi)}
"""Lateral standard deviation in wavelengths over NA, by number of spatial axes."""

_AXIAL = 2 * math.sqrt(6) / (2 * math.pi)
"""Axial standard deviation in wavelengths times refractive index over NA squared."""


def widefield_psf(
    dims: int,
    *,
    numerical_aperture: float,
    wavelength: float,
    pixel_size: float,
    z_step: float,
    refractive_index: float,
) -> torch.Tensor:
    """Gaussian approximation of the PSF of a wide-field microscope [1]_.

    Parameters
    ----------
    dims
        2 for a plane, 3 for a volume.
    numerical_aperture, refractive_index
        Of the objective.
    wavelength, pixel_size, z_step
        All in the same unit of length.

    Returns
    -------
    Tensor
        ([z,] y, x), float64, with the value 1 at its centre.

    References
    ----------
    .. [1] Zhang, Zerubia, Olivo-Marin, Gaussian approximations of fluorescence microscope point-spread function models, Applied
       Optics 46, 2007 (paraxial).
    """
    lateral_unit = wavelength / numerical_aperture
    axial = _AXIAL * refractive_index * lateral_unit / numerical_aperture / z_step
    sigmas = (*[axial] * (dims - 2), *[_LATERAL[dims] * lateral_unit / pixel_size] * 2)
    return outer_product([gaussian(sigma, max(1, math.ceil(4 * sigma))) for sigma in sigmas])


def gaussian(sigma: float, radius: int) -> torch.Tensor:
    """Profile of 2 radius + 1 pixels with standard deviation `sigma` in pixels; 1 at its centre, float64."""
    distance = torch.arange(-radius, radius + 1, dtype=torch.float64)
    return torch.exp(-0.5 * (distance / sigma).square())


def outer_product(profiles: Sequence[torch.Tensor]) -> torch.Tensor:
    """(n1,), (n2,), ... -> (n1, n2, ...): the separable function with these profiles."""
    return functools.reduce(lambda values, profile: values[..., None] * profile, profiles)
