"""From regions of blocks to regions of pixels: where a clean region ends is seen to the pixel."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from napari_deep_prior.core.noise.variance_line import BLOCK, fine_variance

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

_SIDE = 5
"""Side in pixels of the squares that are clean or not."""

_STILL = 0.03
"""Share of the noise beside it below which a square is clean, whatever the clean side has."""

_OF_MEDIAN = 0.4549
"""Median of a squared Gaussian of variance 1."""


def to_pixels(planes: Array, labels: NDArray[np.int64], clean: Mask) -> NDArray[np.int64]:
    """(rows, columns) numbers of regions -> (y, x), along the borders of clean regions as the pixels of (c, y, x) tell.

    `clean` says of each region whether it has no noise. Blocks beside a border hold pixels of both sides. There a pixel is clean if
    some square around it is, so hardly any noise remains in what is taken for clean.
    """
    shape = planes.shape[1:]
    whole = np.kron(labels, np.ones((BLOCK, BLOCK), np.int64))
    whole = np.pad(whole, [(0, n - have) for n, have in zip(shape, whole.shape, strict=True)], mode="edge")
    still = clean[whole]
    if not still.any() or still.all():
        return whole
    beside = grown(still, BLOCK) & grown(~still, BLOCK)
    squares = np.mean([np.pad(fine_variance(plane), 1, mode="edge") for plane in planes], axis=0)
    noise, rest = (float(np.median(squares[side])) / _OF_MEDIAN for side in (~still, still))
    quiet = grown(_box(squares) < max(_STILL * noise, np.sqrt(noise * rest)), _SIDE // 2)
    spread = _spread(np.where(still, -1, whole))
    quietest = np.where(still, whole, _spread(np.where(still, whole, -1)))
    return np.where(beside, np.where(quiet, quietest, spread), whole)


def _spread(labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Pixels that are -1 take the number of those beside them, up to two blocks away."""
    for _ in range(2 * BLOCK):
        padded = np.pad(labels, 1, constant_values=-1)
        beside = np.maximum.reduce([padded[:-2, 1:-1], padded[2:, 1:-1], padded[1:-1, :-2], padded[1:-1, 2:]])
        labels = np.where(labels < 0, beside, labels)
    return labels


def grown(mask: Mask, reach: int) -> Mask:
    """What lies in a square of this reach around a pixel of the mask."""
    near: Mask = _sums(mask.astype(np.float64), reach) > 0.5
    return near


def _box(values: Array) -> Array:
    """Mean over the square around each pixel, inside the image."""
    mean: Array = _sums(values, _SIDE // 2) / _sums(np.ones_like(values), _SIDE // 2)
    return mean


def _sums(values: Array, reach: int) -> Array:
    side = 2 * reach + 1
    padded = np.pad(values, reach)
    rows = np.lib.stride_tricks.sliding_window_view(padded, side, axis=0).sum(-1)
    total: Array = np.lib.stride_tricks.sliding_window_view(rows, side, axis=1).sum(-1)
    return total
