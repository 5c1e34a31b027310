"""Where what is drawn meets what was measured: shifted until there is no seam, and held to the level of its surroundings."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from napari_deep_prior.core.imaging.biharmonic import biharmonic_fill
from napari_deep_prior.core.imaging.normalized_convolution import local_average

_SWEEPS = 12
"""Of the relaxation on each grid."""

_SMALLEST = 4
"""Pixels a side below which there is no coarser grid."""


def seamless_blend(drawn: torch.Tensor, observed: torch.Tensor, known: torch.Tensor, sigma: float) -> torch.Tensor:
    """What is drawn, plus the smoothest function that brings it to the known pixels around each hole.

    So the structure inside a hole stays as it was drawn, and its level becomes that of the surroundings, as in seamless
    cloning (Perez et al., SIGGRAPH 2003, equation 5). Where that function starts, at the rim, it is the mean difference
    of the known pixels near by: noise of a single one is not carried into the hole.

    Parameters
    ----------
    drawn, observed
        (1, c, y, x).
    known
        (1, 1, y, x), 1 = known, 0 = missing; at least one is known.
    sigma
        Width in pixels of the Gaussian by which the difference is averaged; 0: each known pixel is met as it is.
    """
    difference = (observed - drawn) * known
    if sigma:
        difference = local_average(difference, known, sigma, torch.zeros_like(drawn)) * known
    return drawn + membrane_interpolation(difference, known)


def match_coarse_level(drawn: torch.Tensor, observed: torch.Tensor, known: torch.Tensor, sigma: float) -> torch.Tensor:
    """What is drawn in the holes, its coarse part exchanged for that of the smoothest surface through the known pixels.

    Far from all that is known nothing holds a network fitted to a fixed code, and its colours run away there; what it draws
    finer than that, edges and texture, goes on as the surroundings do. The surface has no texture but the right level. At the
    rim, where the network is held, nothing is exchanged: no seam comes of it.

    Parameters
    ----------
    drawn, observed, known
        As for `seamless_blend`.
    sigma
        Width in pixels of the Gaussian that tells coarse from fine.
    """
    hole = 1 - known
    lower, inside = (
        local_average(x, torch.ones_like(known), sigma, torch.zeros_like(x))
        for x in ((biharmonic_fill(observed, known) - drawn) * hole, hole)
    )
    return drawn + (2 * inside - 1).clamp(min=0) * lower


def membrane_interpolation(values: torch.Tensor, known: torch.Tensor) -> torch.Tensor:
    """(1, c, y, x): the values where they are known, stretched over the holes like a soap film (nearly harmonic).

    From coarse grids to fine ones: what a hole of any width needs is found where it is a few pixels wide.
    """
    start = (values * known).sum((2, 3), keepdim=True) / known.sum().clamp(min=1e-6)
    if min(known.shape[-2:]) >= _SMALLEST and not bool(known.all()):
        share = F.avg_pool2d(known, 2, ceil_mode=True)
        coarse = F.avg_pool2d(values * known, 2, ceil_mode=True) / share.clamp(min=1e-6)
        wide = membrane_interpolation(coarse, (share > 0).to(known.dtype))
        start = F.interpolate(wide, scale_factor=2, mode="bilinear", align_corners=False)
        start = start[..., : known.shape[-2], : known.shape[-1]]
    film = torch.where(known > 0, values, start)
    for _ in range(_SWEEPS):
        film = torch.where(known > 0, values, F.avg_pool2d(film, 3, 1, 1, count_include_pad=False))
    return film
