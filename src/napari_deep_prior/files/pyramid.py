"""Levels of a pyramid: coarser copies of an image, each half as fine, for viewers."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

_BAND = 1024
"""Rows of a plane that are halved at once: fractions of all of them would take eight times the memory of a byte a pixel."""

LAST = 512
"""Pixels along y and x: a level that fits into such a square is the last."""


def factors(axes: str, shape: tuple[int, ...]) -> list[tuple[int, ...]]:
    """How much coarser each level is along each axis: twice in y and x, until a plane is small."""
    plane = {letter: size for letter, size in zip(axes, shape, strict=True) if letter in "YX"}
    found = [tuple(1 for _ in axes)]
    while max(-(-size // found[-1][axes.index(letter)]) for letter, size in plane.items()) > LAST:
        steps = zip(axes, shape, found[-1], strict=True)
        found.append(tuple(2 * by if letter in "YX" and size > by else by for letter, size, by in steps))
    return found


def levels(array: NDArray[np.generic], axes: str) -> Iterator[NDArray[np.generic]]:
    """The image and its coarser copies, each the mean of the one before."""
    coarser = factors(axes, array.shape)
    yield array
    for before, after in itertools.pairwise(coarser):
        array = halved(array, tuple(b // a for a, b in zip(before, after, strict=True)))
        yield array


def halved(array: NDArray[np.generic], steps: tuple[int, ...]) -> NDArray[np.generic]:
    """Means of neighbours along the axes whose step is 2, rounded in whole numbers; at an odd end, of what is there."""
    found = np.empty(tuple(-(-size // step) for size, step in zip(array.shape, steps, strict=True)), array.dtype)
    others = [axis for axis, step in enumerate(steps) if step == 1]
    cut = len(steps) - len(others)
    moved, target = np.moveaxis(array, others, range(len(others))), np.moveaxis(found, others, range(len(others)))
    for index in np.ndindex(moved.shape[: len(others)]):  # plane by plane: no second copy in fractions
        for start in range(0, moved[index].shape[0], _BAND):
            band = moved[index][start : start + _BAND].astype(np.float64)
            for axis in range(cut):
                band = _mean_of_pairs(band, axis)
            rounded = np.rint(band) if array.dtype.kind in "ui" else band
            target[index][start // 2 : start // 2 + len(band)] = rounded
    return found


def _mean_of_pairs(plane: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
    ends = [(0, plane.shape[axis] % 2 if number == axis else 0) for number in range(plane.ndim)]
    even = np.moveaxis(np.pad(plane, ends, mode="edge"), axis, 0)
    return np.moveaxis((even[::2] + even[1::2]) / 2, 0, axis)
