"""Blending of a filled hole with its surroundings: no seam at the rim, and the right brightness inside."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from napari_deep_prior.core.imaging.biharmonic import biharmonic_fill
from napari_deep_prior.core.imaging.normalized_convolution import local_average

_RELAXATIONS = 12
"""Relaxation steps on each grid of the pyramid."""

_MIN_SIDE = 4
"""Images with fewer pixels a side have no coarser grid."""


def seamless_blend(output: torch.Tensor, observed: torch.Tensor, known: torch.Tensor, sigma: float) -> torch.Tensor:
    """Add the smoothest function that makes the output agree with the known pixels around each hole.

    The structure inside a hole stays as the network made it, and its level becomes that of the surroundings, as in
    seamless cloning [1]_.

    Parameters
    ----------
    output, observed
        (1, c, y, x): the image of the network, and the measured one.
    known
        (1, 1, y, x), 1 = known, 0 = missing; at least one pixel is known.
    sigma
        Standard deviation in pixels of the Gaussian that averages the difference at the rim, so that the noise of a
        single known pixel is not carried into the hole. 0: no averaging.

    Returns
    -------
    Tensor
        (1, c, y, x).

    References
    ----------
    .. [1] Pérez, Gangnet, Blake, Poisson image editing, SIGGRAPH 2003, equation 5.
    """
    difference = (observed - output) * known
    if sigma:
        difference = local_average(difference, known, sigma, torch.zeros_like(output)) * known
    return output + membrane_interpolation(difference, known)


def match_coarse_level(output: torch.Tensor, observed: torch.Tensor, known: torch.Tensor, sigma: float) -> torch.Tensor:
    """Replace the coarse part of the output inside holes by that of the biharmonic surface through the known pixels.

    Far from all known pixels nothing constrains a network that is fitted to a fixed code, and its colours drift there.
    Its finer structure, edges and texture, continues the surroundings and is kept. The surface has no texture but the
    right level. Nothing changes at the rim, where the network is constrained, so no seam arises.

    Parameters
    ----------
    output, observed, known
        As for `seamless_blend`.
    sigma
        Standard deviation in pixels of the Gaussian that separates coarse from fine.

    Returns
    -------
    Tensor
        (1, c, y, x).
    """
    hole = 1 - known
    difference = (biharmonic_fill(observed, known) - output) * hole
    coarse_difference = _gaussian_mean(difference, known, sigma)
    hole_fraction = _gaussian_mean(hole, known, sigma)
    return output + (2 * hole_fraction - 1).clamp(min=0) * coarse_difference


def _gaussian_mean(x: torch.Tensor, known: torch.Tensor, sigma: float) -> torch.Tensor:
    return local_average(x, torch.ones_like(known), sigma, torch.zeros_like(x))


def membrane_interpolation(values: torch.Tensor, known: torch.Tensor) -> torch.Tensor:
    """Interpolate known values over the holes, nearly harmonically, as a soap film would.

    Works from coarse grids to fine ones, because a wide hole relaxes fast where it is only a few pixels wide.

    Parameters
    ----------
    values
        (1, c, y, x). The values of missing pixels do not matter.
    known
        (1, 1, y, x), 1 = known, 0 = missing.

    Returns
    -------
    Tensor
        (1, c, y, x), equal to `values` where they are known.
    """
    start = (values * known).sum((2, 3), keepdim=True) / known.sum().clamp(min=1e-6)
    if min(known.shape[-2:]) >= _MIN_SIDE and not bool(known.all()):
        fraction = F.avg_pool2d(known, 2, ceil_mode=True)
        coarse = F.avg_pool2d(values * known, 2, ceil_mode=True) / fraction.clamp(min=1e-6)
        coarse_film = membrane_interpolation(coarse, (fraction > 0).to(known.dtype))
        start = F.interpolate(coarse_film, scale_factor=2, mode="bilinear", align_corners=False)
        start = start[..., : known.shape[-2], : known.shape[-1]]
    film = torch.where(known > 0, values, start)
    for _ in range(_RELAXATIONS):
        film = torch.where(known > 0, values, F.avg_pool2d(film, 3, 1, 1, count_include_pad=False))
    return film
