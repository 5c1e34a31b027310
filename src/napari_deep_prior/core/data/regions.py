"""Regions: parts of a large plane from which something is learnt or measured, evenly spread over it."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from napari_deep_prior.core.data.masks import Masks

Region = tuple[slice, ...]


def middle(shape: Sequence[int], side: int) -> Region:
    """The middle of a plane of this ([z,] y, x), at most so many pixels a side."""
    starts = [max(0, size - side) // 2 for size in shape]
    return tuple(slice(start, start + side) for start in starts)


def spread(shape: Sequence[int], side: int, number: int) -> list[Region]:
    """Squares of a plane, or boxes of its full depth, the one in the middle of the list nearest to its middle.

    Parameters
    ----------
    shape
        ([z,] y, x) of the plane.
    side
        Their side in pixels, no more than the plane has.
    number
        How many there are at least; fewer where so many would overlap by more than their half.

    Returns
    -------
    list of tuple of slice
        One slice for each of ([z,] y, x).
    """
    each = math.ceil(math.sqrt(number))
    starts = [_starts(size, min(side, size), each) for size in shape[-2:]]
    deep = [slice(0, size) for size in shape[:-2]]
    return [
        (*deep, slice(y, y + min(side, shape[-2])), slice(x, x + min(side, shape[-1])))
        for y, x in itertools.product(*starts)
    ]


def _starts(size: int, side: int, number: int) -> list[int]:
    """Where parts of one axis begin."""
    most = max(1, min(number, 2 * size // side - 1))
    return sorted({round(at) for at in np.linspace(0, size - side, most)}) if most > 1 else [(size - side) // 2]


def montage(pixels: NDArray[np.generic], masks: Masks, side: int, number: int) -> tuple[NDArray[np.generic], Masks]:
    """Parts of a (c, y, x) plane side by side, and its masks likewise: what is measured in them holds for the plane."""
    regions = spread(pixels.shape[1:], side, number)
    parts = [masks.part(region) for region in regions]
    strengths = [part.strength for part in parts if part.strength is not None]
    return np.concatenate([pixels[:, *region] for region in regions], -1), Masks(
        known=np.concatenate([part.known for part in parts], -1),
        noisy=np.concatenate([part.noisy for part in parts], -1),
        kept=np.concatenate([part.kept for part in parts], -1),
        strength=np.concatenate(strengths, -1) if strengths else None,
    )
