"""What a JPEG file has rounded away, told from the picture alone: the steps to which its cosine coefficients were rounded."""

from __future__ import annotations

import functools
import math

import torch
import torch.nn.functional as F

SIDE = 8
"""JPEG works on blocks of so many pixels a side, from the upper left corner on."""

_CANDIDATES = 400

_FEWEST = 16
"""Blocks from which steps can be told."""


def dct_matrix(like: torch.Tensor) -> torch.Tensor:
    """(8, 8): the orthonormal cosine transform, frequency by place."""
    return _cosines(like.dtype, like.device)


@functools.lru_cache(maxsize=8)  # brought to a device once
def _cosines(dtype: torch.dtype, device: torch.device) -> torch.Tensor:
    n = torch.arange(SIDE, dtype=torch.float64)
    matrix = torch.cos(math.pi / SIDE * (n + 0.5) * n[:, None]) * math.sqrt(2 / SIDE)
    matrix[0] /= math.sqrt(2)
    return matrix.to(device, dtype)


def block_dct(x: torch.Tensor) -> torch.Tensor:
    """(1, c, y, x) -> (1, c, rows, columns, 8, 8) coefficients of the whole blocks; what is left at the far edges is cut off."""
    rows, columns = (n // SIDE for n in x.shape[-2:])
    whole = x[..., : rows * SIDE, : columns * SIDE]
    tiles = whole.reshape(*x.shape[:2], rows, SIDE, columns, SIDE).transpose(3, 4)
    turn = dct_matrix(x)
    return turn @ tiles @ turn.mT


def inverse_block_dct(coefficients: torch.Tensor, shape: torch.Size) -> torch.Tensor:
    """The inverse of `block_dct`; 0 at the far edges."""
    turn = dct_matrix(coefficients)
    tiles = (turn.mT @ coefficients @ turn).transpose(3, 4)
    x = torch.zeros(shape, dtype=coefficients.dtype, device=coefficients.device)
    x[..., : tiles.shape[2] * SIDE, : tiles.shape[4] * SIDE] = tiles.flatten(4, 5).flatten(2, 3)
    return x


def estimate_quantization_table(
    x: torch.Tensor, pixel_step: float, whole: torch.Tensor | None = None
) -> torch.Tensor | None:
    """(8, 8): the rounding step of each coefficient of a grey picture, or None if it was not rounded in this way.

    Coefficients that were rounded lie on a comb, blurred only by the rounding of the pixels themselves. Where all of a
    frequency were rounded to 0, its step is that of the nearest frequency that tells.

    Parameters
    ----------
    x
        (1, 1, y, x).
    pixel_step
        The smallest difference of two pixels, such as 1/255.
    whole
        (1, c, y, x), the picture in colour of which x is the brightness. Blocks that touch its darkest or brightest value may
        have been cut off there, and do not tell.
    """
    found = block_dct(x.double())[0].flatten(0, 2)
    if len(found) < _FEWEST:
        return None
    found = found[_unclipped(x if whole is None else whole)]
    comb = torch.full((SIDE, SIDE), torch.nan, dtype=torch.float64)
    telling = 0
    for v in range(SIDE):
        for u in range(SIDE):
            if u + v == 0:
                continue
            sizes = found[:, v, u].abs()
            sizes = sizes[sizes > 2 * pixel_step]
            step = _quantization_step(sizes, pixel_step) if len(sizes) >= 8 else None
            telling += len(sizes) >= 8
            if step is not None:
                comb[v, u] = step
    known = torch.argwhere(comb.isfinite())
    if len(known) < max(3, 0.7 * telling):
        return None
    for v in range(SIDE):
        for u in range(SIDE):
            if comb[v, u].isnan():
                nearest = (known - torch.tensor([v, u])).square().sum(1).argmin()
                comb[v, u] = comb[tuple(known[nearest])]
    return comb


def _unclipped(x: torch.Tensor) -> torch.Tensor:
    """Which blocks reach neither the darkest nor the brightest value of a channel, by rows and then columns; all, where few do not."""
    ends = x.amin((2, 3), keepdim=True), x.amax((2, 3), keepdim=True)
    clipped = ((x == ends[0]) | (x == ends[1])).any(1, keepdim=True).to(x)
    free = F.max_pool2d(clipped, SIDE, SIDE)[0, 0].flatten() == 0
    return free if int(free.sum()) >= _FEWEST else torch.ones_like(free)


def _quantization_step(sizes: torch.Tensor, pixel_step: float) -> float | None:
    """The widest step of which all sizes are multiples, within the rounding of the pixels."""
    least, most = 4 * pixel_step, float(sizes.median()) * 1.2
    if most <= least:
        return None
    candidates = (
        torch.arange(round(least / pixel_step), min(_CANDIDATES, math.ceil(most / pixel_step)) + 1) * pixel_step
    )
    on_it = torch.cos(2 * math.pi * sizes[:, None] / candidates).mean(0)
    good = on_it > 0.6
    if not good.any():
        return None
    widest = int(torch.argwhere(good).max())
    below = torch.argwhere(~good[:widest])
    first = int(below.max()) + 1 if len(below) else 0
    return float(candidates[first + int(on_it[first : widest + 1].argmax())])
