"""Pixels that say nothing of the object: hot, dead, whole dead lines, saturated, not a number. Found to be filled in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

KINDS = ("hot", "dead", "lines", "saturated", "nan")
"""What can be found; the label of a kind is its position here, counted from 1."""

_FAR = 8.0
"""Noise standard deviations by which a bad pixel or line stands out."""

_ALONE = 4.0
"""A bad pixel stands out this many times more than its neighbours: optics spread a bead's light, a defect's stays."""

_BINS = 24


def find_bad_pixels(image: NDArray[np.generic], *, kinds: Sequence[str] = KINDS) -> NDArray[np.uint8]:
    """Labels over a (y, x) plane: 0 = good, otherwise 1 + the position of the pixel's kind in `KINDS`.

    hot, dead
        Far brighter, darker than its surroundings in terms of the noise at that brightness, and alone or in pairs.
    lines
        A row or column, or two side by side, that stands out nearly everywhere along its length.
    saturated
        At the largest value, if pixels pile up there.
    nan
        Not a number, or infinite.

    Where several apply, the later in this list wins.

    Raises
    ------
    ValueError
        If the image is not one plane, or a kind is unknown.
    """
    unknown = [kind for kind in kinds if kind not in KINDS]
    if unknown:
        raise ValueError(f"kinds = {tuple(kinds)!r}: {unknown[0]!r} is unknown, needs some of {', '.join(KINDS)}.")
    if image.ndim != 2 or 0 in image.shape:
        raise ValueError(f"The image has shape {image.shape}: needs one plane (y, x).")
    labels = np.zeros(image.shape, np.uint8)
    for number, found in enumerate(_all_kinds(image), start=1):
        if KINDS[number - 1] in kinds:
            labels[found] = number
    return labels


def _all_kinds(image: NDArray[np.generic]) -> Iterator[NDArray[np.bool_]]:
    """Where each of `KINDS` is, in their order."""
    values = image.astype(np.float64)
    finite = np.isfinite(values)
    values[~finite] = np.median(values[finite]) if finite.any() else 0.0
    lines = _lines(values) | _lines(values.T).T
    whole_numbers = image.dtype.kind in "ui"
    yield _lone(values, finite & ~lines, 0.5 if whole_numbers else 0.0)
    yield _lone(-values, finite & ~lines, 0.5 if whole_numbers else 0.0)
    yield lines
    yield _piled_up(values, finite)
    yield ~finite


def _lone(values: NDArray[np.float64], sound: NDArray[np.bool_], least: float) -> NDArray[np.bool_]:
    """Sound pixels that rise far out of the ring around their neighbours, while at most one neighbour does so too."""
    ring = np.median(_around(values, 2), axis=0)
    rise = values - ring
    neighbours = np.sort(_around(values, 1), axis=0)[-2] - ring
    noise = np.maximum(_noise_at(ring[sound], rise[sound], ring), least)
    lone: NDArray[np.bool_] = sound & (rise > _FAR * noise) & (rise > _ALONE * neighbours)
    return lone


def _noise_at(level: NDArray[np.float64], rise: NDArray[np.float64], at: NDArray[np.float64]) -> NDArray[np.float64]:
    """Standard deviation of `rise` as it grows with the brightness, seen so that a few per cent of bad pixels have no say."""
    if level.size < 2:
        return np.full(at.shape, np.inf)
    order = np.argsort(level)
    groups = np.array_split(order, min(_BINS, max(1, level.size // 100)))
    levels = [np.median(level[group]) for group in groups]
    # Of a Gaussian 95 % lie within 1.96 deviations; of the median deviation alone sparse photons would make nothing.
    spreads = [np.percentile(np.abs(rise[group]), 95) / 1.96 for group in groups]
    noise: NDArray[np.float64] = np.interp(at, levels, spreads)
    return np.maximum(noise, 1e-9 * float(np.ptp(level)))


def _lines(values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Rows, alone or in pairs, that lie above both rows beside them nearly everywhere, or below both."""
    rows, columns = values.shape
    bad = np.zeros(rows, bool)
    if min(rows, columns) < 8:
        return np.zeros(values.shape, bool)
    wide = np.pad(values, ((2, 2), (0, 0)), mode="reflect")
    for above, below in ((1, 1), (1, 2), (2, 1)):
        up = values - wide[2 - above : 2 - above + rows]
        down = values - wide[2 + below : 2 + below + rows]
        for sign in (1.0, -1.0):
            height = np.minimum(sign * up, sign * down)
            typical = np.median(height, axis=1)
            spread = 1.4826 * np.median(np.abs(typical - np.median(typical)))
            bad |= ((height > 0).mean(axis=1) > 0.9) & (typical > np.median(typical) + _FAR * spread)
    return np.broadcast_to(bad[:, None], values.shape).copy()


def _piled_up(values: NDArray[np.float64], finite: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Pixels at the largest value, if there are more of them than just below it, as light that goes on rising leaves."""
    top, span = values.max(), np.ptp(values)
    at_top: NDArray[np.bool_] = finite & (values == top)
    if span == 0:
        return np.zeros_like(finite)
    rest = finite & (values < top)
    below = rest & (values >= min(values[rest].max(), top - 0.02 * span))  # at least the next level
    piled = at_top.sum() >= max(8, 2 * below.sum()) and at_top.mean() < 0.5
    return at_top if piled else np.zeros_like(finite)


def _around(values: NDArray[np.float64], distance: int) -> NDArray[np.float64]:
    """The pixels on the square ring at `distance` around each pixel, (n, y, x); the picture's edges are mirrored."""
    side = 2 * distance + 1
    wide = np.pad(values, distance, mode="reflect" if min(values.shape) > distance else "edge")
    rows, columns = values.shape
    places = [(y, x) for y in range(side) for x in range(side) if max(abs(y - distance), abs(x - distance)) == distance]
    return np.stack([wide[y : y + rows, x : x + columns] for y, x in places])
