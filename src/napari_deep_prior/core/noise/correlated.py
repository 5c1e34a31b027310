"""Noise that neighbouring pixels share: its variance over brightness and its correlation, from what varies least."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from napari_deep_prior.core.noise import variance_line

Array = NDArray[np.float64]
REACH = 5
"""Largest lag in pixels at which correlation is measured."""

_LAGS = [(dy, dx) for dy in range(REACH + 1) for dx in range(-REACH, REACH + 1) if dy or dx >= 0]
"""Lags (dy, dx) of which each stands for its opposite too."""

_GROUPS = 6
"""Number of groups of patches by brightness. The noise of each is measured by itself."""

_IN_A_GROUP = 20
"""Patches of a group, at least, where there is more than one."""

_CHOSEN_FRACTION = 0.1
"""Fraction of a group's half patches, those beside the halves that vary least, from which its noise is taken."""

_CLOSE = 0.07
"""A group whose neighbours correlate so much more than those of the best has structure in it: the width of the Gaussian by which groups are
weighted, and the most for a group to tell how the variance grows."""

_LINE = 3
"""Groups, at least, that tell how the variance grows with brightness."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Group:
    """Brightness of patches of similar brightness, and those halves (n, y, x) of them that hold its noise."""

    level: float
    halves: Array


def correlated_noise(patches: Array, level: Array) -> tuple[float, float, Array]:
    """Measure noise whose pixels are not independent.

    Parameters
    ----------
    patches
        (n, y, x) pieces of one image less their best planes.
    level
        (n,) brightness of each.

    Returns
    -------
    tuple
        Gain and base, of the variance ``gain * x + base`` at the brightness x, and the correlation (11, 11) at the lags (dy, dx), each
        from -5 to 5.

    Notes
    -----
    Structure only adds to the variance of a patch, so noise is looked for where there is least. Whatever is the least of many
    is less than it should be by chance alone, and the least correlated even more so. So one half of a patch decides whether the other
    half is looked at: structure is in both, the chance is not. That is done in groups of similar brightness. A group of bright
    patches may have none without structure: its neighbours correlate more than those of the other groups, and it counts for little.
    The best plane of a patch took some noise along, most of what is coarse; as it is linear, what it took is known and put back.
    The variance is that of least relative error, the weighted harmonic mean of all groups, or a line over brightness where that explains
    them better (see `variance_line`).
    """
    groups = _groups(patches, level)
    tables = np.array([_unprojected(products(group.halves), patches.shape[1:]) for group in groups])
    variance = tables[:, REACH, REACH]
    beside = np.maximum(tables[:, REACH, REACH + 1], tables[:, REACH + 1, REACH]) / variance
    more = beside - beside.min()
    weight = np.exp(-0.5 * (more / _CLOSE) ** 2)
    gain, base = _line(groups, variance, more < _CLOSE)
    if gain == 0:
        base = float(weight.sum() / (weight / variance).sum())
    share = weight / variance / weight.sum()
    return gain, base, np.asarray(np.tensordot(share, tables, 1))


def _groups(patches: Array, level: Array) -> list[_Group]:
    middle = patches.shape[2] // 2
    halves = (patches[:, :, :middle], patches[:, :, middle : 2 * middle])
    variance = [half.var(axis=(1, 2)) for half in halves]
    both = (variance[0] > 0) & (variance[1] > 0)
    varied = np.flatnonzero(both if both.any() else variance[0] + variance[1] > 0)
    ordered = varied[np.argsort(level[varied], kind="stable")]
    number = int(np.clip(len(ordered) // _IN_A_GROUP, 1, _GROUPS))
    return [_chosen(halves, variance, level, part) for part in np.array_split(ordered, number)]


def _chosen(halves: tuple[Array, Array], variance: list[Array], level: Array, part: NDArray[np.int64]) -> _Group:
    """Of the patches of a group, the halves beside those that vary least."""
    count = max(2, round(_CHOSEN_FRACTION * len(part)))
    found = [part[np.argsort(of_half[part], kind="stable")[:count]] for of_half in variance]
    return _Group(
        level=float(level[np.concatenate(found)].mean()),
        halves=np.concatenate([halves[1][found[0]], halves[0][found[1]]]),
    )


def _line(groups: list[_Group], variance: Array, usable: NDArray[np.bool_]) -> tuple[float, float]:
    """Gain and base; gain 0 where few groups can be used, or a constant explains them as well."""
    if np.count_nonzero(usable) < _LINE:
        return 0.0, 0.0
    level, count = np.array([group.level for group in groups]), np.array([float(len(group.halves)) for group in groups])
    return variance_line.variance_line(level[usable], variance[usable], count[usable])


def products(pieces: Array) -> Array:
    """(n, y, x) -> (11, 11): mean product of two pixels that are (dy, dx) apart, each lag from -5 to 5."""
    return _mirrored([_mean_product(pieces, dy, dx) for dy, dx in _LAGS])


def _mirrored(values: Iterable[float]) -> Array:
    """What belongs to each of `_LAGS` -> (11, 11): the same at the opposite lags."""
    table = np.empty((2 * REACH + 1, 2 * REACH + 1))
    for (dy, dx), value in zip(_LAGS, values, strict=True):
        table[REACH + dy, REACH + dx] = table[REACH - dy, REACH - dx] = value
    return table


def _mean_product(pieces: Array, dy: int, dx: int) -> float:
    rows, columns = pieces.shape[1:]
    (y, shifted_y), (x, shifted_x) = (
        (slice(max(0, lag), size + min(0, lag)), slice(max(0, -lag), size + min(0, -lag)))
        for lag, size in ((dy, rows), (dx, columns))
    )
    return float((pieces[:, y, x] * pieces[:, shifted_y, shifted_x]).mean())


def _unprojected(found: Array, shape: tuple[int, ...]) -> Array:
    """Mean products of halves of patches of this (y, x) less their best planes -> those of the noise before it lost its part of them."""
    return _mirrored(_kept_by_halves(*shape) @ [found[REACH + dy, REACH + dx] for dy, dx in _LAGS])


@functools.cache
def _kept_by_halves(rows: int, columns: int) -> Array:
    """(lags, lags): mean products of noise, from those of the left half of its patches less their best planes."""
    y, x = (index.ravel().astype(np.float64) for index in np.mgrid[:rows, :columns])
    plane, _ = np.linalg.qr(np.stack([np.ones_like(y), y - y.mean(), x - x.mean()], 1))
    without = np.eye(len(y)) - plane @ plane.T
    inside = x < columns // 2
    both = inside[:, None] & inside
    down, right = (index[None, :] - index[:, None] for index in (y, x))
    at = [(down == dy) & (right == dx) for dy, dx in _LAGS]
    seen = np.zeros((len(_LAGS), len(_LAGS)))
    for column, here in enumerate(at):
        left = without @ (here | here.T) @ without
        seen[:, column] = [left[there & both].mean() for there in at]
    return np.asarray(np.linalg.inv(seen), np.float64)
