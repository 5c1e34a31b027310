"""Blank borders: what a registration, a letterbox or a round field left at the edges was never measured."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]

_WHOLE = 5
"""Side in pixels of the squares that blank regions, and what was measured, consist of."""

_MEASURED = 0.9
"""Share of what was measured that lies in such squares: where lone photons stand in the dark, it is not."""

_LEAST = 2
"""A blank region has at least so many times the side of the image in pixels: as a stripe two pixels wide along one of its edges."""

_VALUES = 2
"""At most so many different fillings are looked for."""


def blank_border(image: NDArray[np.generic]) -> Mask:
    """Where planes (c, [z,] y, x) have exactly one value each, from their edges inwards, and nothing that was measured; ([z,] y, x).

    NaN counts as a value. Channels have each their own, in the same place. A dark background of single photons is measured:
    its photons lie apart, whereas what lies inside a blank border is whole.
    """
    if image.ndim > 3:
        return np.stack([blank_border(image[:, z]) for z in range(image.shape[1])])
    return _of_plane(image)


def _of_plane(plane: NDArray[np.generic]) -> Mask:
    found = np.zeros(plane.shape[1:], np.bool_)
    for _ in range(_VALUES):
        region = _largest_filling(plane, found)
        if region is None:
            break
        found |= region
    inside = ~found
    if not found.any() or not inside.any() or _opened(inside).sum() < _MEASURED * inside.sum():
        return np.zeros_like(found)
    return found


def _largest_filling(plane: NDArray[np.generic], found: Mask) -> Mask | None:
    """The region of the value that most pixels of the edges have, but for those found already; None: it is none."""
    edge = np.zeros_like(found)
    edge[[0, -1], :] = edge[:, [0, -1]] = True
    edge &= ~found
    if not edge.any():
        return None
    alike = np.logical_and.reduce([_most_frequent(channel, edge) for channel in plane]) & ~found
    least, beyond = _LEAST * min(found.shape), slice(_WHOLE - 1, 1 - _WHOLE)
    if alike.sum() < least:
        return None
    whole = _opened(np.pad(alike, _WHOLE - 1, mode="edge"))[
        beyond, beyond
    ]  # narrow stripes along the edge are whole too
    region = _connected(alike, whole & edge)
    return region if region.sum() >= least else None


def _most_frequent(channel: NDArray[np.generic], edge: Mask) -> Mask:
    """Where a channel has the value that is most frequent along the edge."""
    values, counts = np.unique(channel[edge], return_counts=True)
    value = values[counts.argmax()]
    same: Mask = np.isnan(channel) if value != value else channel == value
    return same


def _opened(mask: Mask) -> Mask:
    """What of a mask lies in squares that are wholly in it."""
    count = np.pad(mask.astype(np.int64), ((1, 0), (1, 0))).cumsum(0).cumsum(1)
    whole = _windows(count) == _WHOLE**2
    table = np.pad(whole.astype(np.int64), ((_WHOLE, _WHOLE - 1), (_WHOLE, _WHOLE - 1))).cumsum(0).cumsum(1)
    covered: Mask = _windows(table) > 0
    return covered


def _windows(table: NDArray[np.int64]) -> NDArray[np.int64]:
    """Sums of the squares of a summed-area table."""
    n = _WHOLE
    sums: NDArray[np.int64] = table[n:, n:] - table[:-n, n:] - table[n:, :-n] + table[:-n, :-n]
    return sums


def _connected(mask: Mask, seeds: Mask) -> Mask:
    """What of a mask can be reached from the seeds, from pixel to pixel along rows and columns."""
    reached = seeds & mask
    while True:
        along_x = _along_rows(mask, reached)
        further = _along_rows(mask.T, along_x.T).T
        if further.sum() == reached.sum():
            return reached
        reached = further


def _along_rows(mask: Mask, seeds: Mask) -> Mask:
    """The runs of a mask along x that hold a seed."""
    breaks = np.pad(~mask, ((0, 0), (0, 1)), constant_values=True)
    run = breaks.ravel().cumsum().reshape(breaks.shape)[:, :-1]
    hit = np.zeros(int(run.max(initial=0)) + 1, np.bool_)
    hit[run[seeds]] = True
    reached: Mask = mask & hit[run]
    return reached
