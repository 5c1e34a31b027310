"""Contrast limits of a result where a few bad pixels have set those of its source."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_deep_prior.core.imaging.bad_pixels import ISOLATION

_SAMPLE, _LOOKED_AT, _AT_ONCE = 2**20, 2**24, 2**20
"""Pixels: for the usual range; at most for the rest, evenly spread; of one piece."""

_RARE = 5.0
"""Per cent of the pixels at each end that the usual range leaves out."""

_FAR = 3.0
"""Minimum ratio of the layer's own range to the range without bad pixels. Below it, the limits stay."""

_TOUCHING = 0.1
"""Maximum share of pixels with bright neighbours among those that are left out: where bad pixels are many, some touch."""

_AROUND = [(dy, dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1) if (dy, dx) != (0, 0)]
"""Where neighbours lie."""

_NAPARI_LOOKS_AT = 10**7
"""From so many pixels on napari takes the limits of a stack from some planes only."""


def limits_without_bad_pixels(
    data: NDArray[Any], plane_axes: tuple[int, int], own: tuple[float, float]
) -> tuple[float, float] | None:
    """Contrast limits without isolated pixels that are far off, in which all else is black; None where `own` are as good.

    What tells them from small bright things are their neighbours, not how few they are.

    Parameters
    ----------
    data
        Image or stack.
    plane_axes
        Which axes are y and x.
    own
        Contrast limits of the layer. They stay where somebody has set them.
    """
    whole = data.dtype.kind in "ui"
    middle, low, high = _usual(data)
    span = max(high - low, float(whole))  # few photons: nearly all pixels are 0
    if not span or own[1] - own[0] <= _FAR * span or min(data.shape[axis] for axis in plane_axes) < 3:
        return None
    bright, dark = _Extremes(1, middle, high + span, whole=whole), _Extremes(-1, middle, low - span, whole=whole)
    for piece in _pieces(data, plane_axes):
        bright.look(piece)
        dark.look(piece)
    slack = 0.5 * (bright.farthest - dark.farthest) if data.size > _NAPARI_LOOKS_AT else 0.0
    if own[0] > dark.farthest + slack or own[1] < bright.farthest - slack:
        return None
    limits = max(own[0], dark.limit(own[0])), min(own[1], bright.limit(own[1]))
    return limits if limits[0] < limits[1] and own[1] - own[0] > _FAR * (limits[1] - limits[0]) else None


def _usual(data: NDArray[Any]) -> tuple[float, float, float]:
    """Median, and the range of nearly all pixels; zeros where no pixel has a value."""
    some = data.ravel(order="K")[:: max(1, data.size // _SAMPLE)]
    some = some[np.isfinite(some)]
    middle, low, high = np.percentile(some, (50, _RARE, 100 - _RARE)) if some.size else (0.0, 0.0, 0.0)
    return float(middle), float(low), float(high)


class _Extremes:
    """Pixels beyond a bound on one side, and how their neighbours are.

    Parameters
    ----------
    sign
        1 for bright pixels, -1 for dark ones.
    middle
        Median of the image.
    bound
        Pixels beyond it are looked at.
    whole
        Whether pixels are whole numbers, which are compared as such: converted, a large image takes ten times as long.
    """

    def __init__(self, sign: int, middle: float, bound: float, *, whole: bool) -> None:
        self._sign, self._middle = sign, middle
        self._bound = sign * math.floor(sign * bound) if whole else bound
        self._compare: np.ufunc = np.greater if sign > 0 else np.less
        self._most: np.ufunc = np.fmax if sign > 0 else np.fmin
        self._near = -math.inf  # the farthest pixel within the bound, times the sign as all that follows
        self._values: list[NDArray[np.float64]] = []
        self._isolated: list[NDArray[np.bool_]] = []

    def look(self, piece: NDArray[Any]) -> None:
        """Take up a piece of a plane (y, x)."""
        most = float(self._most.reduce(piece, axis=None))
        if self._compare(most, self._bound):
            beyond = self._compare(piece, self._bound)
            within = piece[~beyond]
            most = float(self._most.reduce(within)) if within.size else math.nan
            self._judge(piece, np.nonzero(beyond & np.isfinite(piece)))
        if math.isfinite(most):
            self._near = max(self._near, self._sign * most)

    def _judge(self, piece: NDArray[Any], places: tuple[NDArray[np.intp], ...]) -> None:
        """Take up pixels beyond the bound, and whether each is alone or in a pair."""
        height = self._sign * (piece[places].astype(np.float64) - self._middle)
        self._values.append(height + self._sign * self._middle)
        self._isolated.append(height > ISOLATION * _second_neighbour(piece, places, self._sign, self._middle))

    @property
    def farthest(self) -> float:
        """The most extreme value."""
        return self._sign * max([self._near, *(float(values.max()) for values in self._values)])

    def limit(self, own: float) -> float:
        """The most extreme value that is no bad pixel; `own` where there is none to leave out."""
        if not self._values:
            return own
        values, isolated = np.concatenate(self._values), np.concatenate(self._isolated)
        order = np.lexsort((isolated, -values))  # farthest first; of equal ones, the isolated last
        values, isolated = values[order], isolated[order]
        touching = np.cumsum(~isolated) / np.arange(1, len(values) + 1)
        last = np.flatnonzero(isolated & (touching <= _TOUCHING))
        if not last.size:
            return own
        rest = values[last[-1] + 1 :]
        return self._sign * float(rest[0] if rest.size else self._near)


def _pieces(data: NDArray[Any], plane_axes: tuple[int, int]) -> Iterator[NDArray[Any]]:
    """Planes, or parts of them: all, or as many as may be looked at, evenly spread."""
    planes = np.moveaxis(data, plane_axes, (-2, -1))
    rows, columns = planes.shape[-2:]
    high = max(3, _AT_ONCE // columns)
    places = itertools.product(np.ndindex(planes.shape[:-2]), range(0, rows, high))
    for index, top in itertools.islice(places, 0, None, math.ceil(data.size / _LOOKED_AT)):
        yield planes[index][top : top + high]


def _second_neighbour(
    piece: NDArray[Any], places: tuple[NDArray[np.intp], ...], sign: int, middle: float
) -> NDArray[np.float64]:
    """How far the second farthest of the eight neighbours of each place is from the middle; beyond the rim is nothing."""
    y, x = places
    around = np.full((8, len(y)), -math.inf)
    for heights, (dy, dx) in zip(around, _AROUND, strict=True):
        there = (y + dy >= 0) & (y + dy < piece.shape[0]) & (x + dx >= 0) & (x + dx < piece.shape[1])
        values = piece[y[there] + dy, x[there] + dx].astype(np.float64)
        heights[there] = np.where(np.isfinite(values), sign * (values - middle), -math.inf)
    second: NDArray[np.float64] = np.partition(around, -2, axis=0)[-2]
    return second
