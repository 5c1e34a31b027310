"""JPEG's block transform, and its quantization table estimated from an image alone."""

from __future__ import annotations

import functools
import math

import torch
import torch.nn.functional as F

SIDE = 8
"""Side of JPEG's blocks in pixels, which start in the upper left corner."""

_MAX_CANDIDATES = 400
"""Largest quantization step tried, in pixel steps."""

_MIN_BLOCKS = 16
"""Number of blocks from which a table can be estimated."""

_MIN_COEFFICIENTS = 8
"""Number of nonzero coefficients from which one step can be estimated."""

_MIN_COHERENCE = 0.6
"""Mean cosine of the phase of the coefficients, above which they count as multiples of a step."""


def dct_matrix(like: torch.Tensor) -> torch.Tensor:
    """(8, 8): the orthonormal discrete cosine transform, frequency by position, in the type and on the device of `like`."""
    return _dct_matrix(like.dtype, like.device)


@functools.lru_cache(maxsize=8)  # copied to a device once
def _dct_matrix(dtype: torch.dtype, device: torch.device) -> torch.Tensor:
    n = torch.arange(SIDE, dtype=torch.float64)
    matrix = torch.cos(math.pi / SIDE * (n + 0.5) * n[:, None]) * math.sqrt(2 / SIDE)
    matrix[0] /= math.sqrt(2)
    return matrix.to(device, dtype)


def block_dct(x: torch.Tensor) -> torch.Tensor:
    """(1, c, y, x) -> (1, c, rows, columns, 8, 8) coefficients of the complete blocks; the rest at the far edges is cut off."""
    rows, columns = (n // SIDE for n in x.shape[-2:])
    complete = x[..., : rows * SIDE, : columns * SIDE]
    blocks = complete.reshape(*x.shape[:2], rows, SIDE, columns, SIDE).transpose(3, 4)
    dct = dct_matrix(x)
    return dct @ blocks @ dct.mT


def inverse_block_dct(coefficients: torch.Tensor, shape: torch.Size) -> torch.Tensor:
    """The inverse of `block_dct`, in this (1, c, y, x); 0 at the far edges."""
    dct = dct_matrix(coefficients)
    blocks = (dct.mT @ coefficients @ dct).transpose(3, 4)
    x = torch.zeros(shape, dtype=coefficients.dtype, device=coefficients.device)
    x[..., : blocks.shape[2] * SIDE, : blocks.shape[4] * SIDE] = blocks.flatten(4, 5).flatten(2, 3)
    return x


def estimate_quantization_table(
    x: torch.Tensor, pixel_step: float, colour: torch.Tensor | None = None
) -> torch.Tensor | None:
    """Estimate the quantization table with which an image was compressed.

    Quantized coefficients are multiples of a step, blurred only by the rounding of the pixels. A frequency whose
    coefficients are all 0 gets the step of the nearest frequency that has one.

    Parameters
    ----------
    x
        (1, 1, y, x), the brightness of the image.
    pixel_step
        The smallest difference of two pixels, such as 1/255.
    colour
        (1, c, y, x), the image of which `x` is the brightness. Blocks that touch the darkest or brightest value of a channel
        may have been clipped, and are left out.

    Returns
    -------
    Tensor or None
        (8, 8), the step of each coefficient in the units of `x`; None if the image was not quantized in this way.
    """
    blocks = block_dct(x.double())[0].flatten(0, 2)
    if len(blocks) < _MIN_BLOCKS:
        return None
    table, informative = _measured_steps(blocks[_unclipped(x if colour is None else colour)], pixel_step)
    measured = torch.argwhere(table.isfinite())
    if len(measured) < max(3, 0.7 * informative):
        return None
    for frequency in torch.argwhere(table.isnan()):
        nearest = (measured - frequency).square().sum(1).argmin()
        table[tuple(frequency)] = table[tuple(measured[nearest])]
    return table


def _measured_steps(blocks: torch.Tensor, pixel_step: float) -> tuple[torch.Tensor, int]:
    """(n, 8, 8) coefficients -> steps with NaN where there is none, and the number of frequencies that could have one."""
    table = torch.full((SIDE, SIDE), torch.nan, dtype=torch.float64)
    informative = 0
    for v, u in ((v, u) for v in range(SIDE) for u in range(SIDE) if u + v):
        sizes = blocks[:, v, u].abs()
        sizes = sizes[sizes > 2 * pixel_step]
        if len(sizes) < _MIN_COEFFICIENTS:
            continue
        informative += 1
        step = _quantization_step(sizes, pixel_step)
        if step is not None:
            table[v, u] = step
    return table, informative


def _unclipped(x: torch.Tensor) -> torch.Tensor:
    """Blocks, row by row, that reach neither the darkest nor the brightest value of a channel; all, where few do not."""
    darkest, brightest = x.amin((2, 3), keepdim=True), x.amax((2, 3), keepdim=True)
    clipped = ((x == darkest) | (x == brightest)).any(1, keepdim=True).to(x)
    unclipped = F.max_pool2d(clipped, SIDE, SIDE)[0, 0].flatten() == 0
    return unclipped if int(unclipped.sum()) >= _MIN_BLOCKS else torch.ones_like(unclipped)


def _quantization_step(sizes: torch.Tensor, pixel_step: float) -> float | None:
    """The largest step of which all sizes are multiples, within the rounding of the pixels."""
    smallest, largest = 4 * pixel_step, float(sizes.median()) * 1.2
    if largest <= smallest:
        return None
    last = min(_MAX_CANDIDATES, math.ceil(largest / pixel_step))
    candidates = torch.arange(round(smallest / pixel_step), last + 1) * pixel_step
    coherence = torch.cos(2 * math.pi * sizes[:, None] / candidates).mean(0)
    good = coherence > _MIN_COHERENCE
    if not good.any():
        return None
    widest = int(torch.argwhere(good).max())
    bad_below = torch.argwhere(~good[:widest])
    first = int(bad_below.max()) + 1 if len(bad_below) else 0
    return float(candidates[first + int(coherence[first : widest + 1].argmax())])
