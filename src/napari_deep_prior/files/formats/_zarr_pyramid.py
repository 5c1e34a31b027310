"""Levels of a pyramid, and the chunks and shards in which they are stored."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

_CHUNK = 512
"""Pixels along y and x that are read at once; planes are read one by one. A level that fits into it is the last."""

_SHARD = 2048
"""Pixels along y and x that lie in one file."""

_SHARD_BYTES = 2**26
"""Size of one file, about: so large that there are few of them, so small that one is soon written."""


def factors(axes: str, shape: tuple[int, ...]) -> list[tuple[int, ...]]:
    """How much coarser each level is along each axis: twice in y and x, until a plane is a chunk."""
    plane = {letter: size for letter, size in zip(axes, shape, strict=True) if letter in "YX"}
    found = [tuple(1 for _ in axes)]
    while max(-(-size // found[-1][axes.index(letter)]) for letter, size in plane.items()) > _CHUNK:
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
        plane = moved[index].astype(np.float64)
        for axis in range(cut):
            plane = _mean_of_pairs(plane, axis)
        target[index] = np.rint(plane) if array.dtype.kind in "ui" else plane
    return found


def _mean_of_pairs(plane: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
    ends = [(0, plane.shape[axis] % 2 if number == axis else 0) for number in range(plane.ndim)]
    even = np.moveaxis(np.pad(plane, ends, mode="edge"), axis, 0)
    return np.moveaxis((even[::2] + even[1::2]) / 2, 0, axis)


def chunks(axes: str, shape: tuple[int, ...]) -> tuple[int, ...]:
    """Sizes of a chunk: a square of one plane."""
    return tuple(min(size, _CHUNK) if letter in "YX" else 1 for letter, size in zip(axes, shape, strict=True))


def shards(axes: str, shape: tuple[int, ...], itemsize: int, depth: int | None = None) -> tuple[int, ...] | None:
    """Sizes of a shard: squares of many planes along z, or of `depth`, of one time and channel; None where it would be a single chunk."""
    chunk = chunks(axes, shape)
    plane = [min(-(-size // step) * step, _SHARD) for size, step in zip(shape, chunk, strict=True)]
    shard = [size if letter in "YX" else 1 for letter, size in zip(axes, plane, strict=True)]
    if "Z" in axes:
        deep = axes.index("Z")
        shard[deep] = depth or max(1, min(shape[deep], _SHARD_BYTES // (int(np.prod(shard)) * itemsize)))
    return tuple(shard) if tuple(shard) != chunk else None
