"""Variance of the noise over brightness, from what is finer than structure: the line below which no patch lies by chance."""

from __future__ import annotations

import itertools
import math
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
_Number = TypeVar("_Number", bound=np.generic)

BLOCK = 8
"""Side in pixels of the blocks whose variance is compared."""

_IN_A_GROUP = 24
"""Blocks of similar brightness that are measured together."""

_GROUPS = 24
"""At most so many groups."""

_LOWEST = 0.6
"""Share of a group's blocks, those that vary least, from which its noise is taken: structure only adds."""

_LOWEST_MEAN = 0.791
"""Mean of that share in terms of the mean of all, for independent Gaussian noise (drawn)."""

_ERROR = 0.36
"""Standard deviation of a group's logarithm times the root of its number of blocks (drawn)."""

_BEND = 0.1
"""Relative error of a straight line through the variance of a real detector, however many blocks a group has: of 4 million pixels
of a spinning disc 16 groups of dark ground, whose variance hardly grew, outvoted eight bright ones, told a third as noisy as they were."""

_STRUCTURE = 6.0
"""Most that a group whose variance lies above the line counts against it; below it lies no honest group by more than chance."""

_BELOW = 25.0
"""Most that a group below the line counts against it."""

_BETTER = 9.0
"""A line with a gain must explain the groups so much better than a constant: three standard deviations."""

_WHITE = 0.8
"""Of a group's fine differences, the finer hold at least this share of noise; else there is structure in the others."""

_FLAT = 0.85
"""Of all an image's differences, each order holds at least this share of noise in terms of another where it is independent:
0.36 for a mean of 2 x 2 pixels, 0.81 for one of 3 x 3 or a blur by half a pixel."""

ROUNDING = 1 / 3
"""Noise weaker than so many squares of the step between grey levels may be rounding: that of one step makes a twelfth."""

_LOOKED_AT = 2**16
"""Pixels from which the step between grey levels is taken."""

_MANY = 0.001
"""Share of the pixels at the upper end of the range from which they may be saturated."""

_DARK = 0.5
"""Share of the pixels at the lowest value from which that is a ground without light: what is typical of the image says nothing."""

_SPARSE = 0.3
"""Share of blocks without variation from which the image counts as single photons."""


def fine_variance(plane: Array, order: int = 1) -> Array:
    """(y, x) -> (y - 2 order, x - 2 order): square of differences along y and x, in expectation the variance of independent noise.

    Differences are taken twice `order` times along each axis: order 1 is Immerkaer's, 0 on any quadratic; the higher the
    order, the finer is what is seen and the less of a blurred structure.

    References
    ----------
    Immerkaer, J. (1996). Fast noise variance estimation. Computer Vision and Image Understanding 64(2), 300-302.
    """
    squares: Array = fine_difference(plane, order) ** 2
    return squares


def fine_difference(plane: Array, order: int) -> Array:
    """What `fine_variance` is the square of."""
    found: Array = np.diff(np.diff(plane, 2 * order, 0), 2 * order, 1) / math.comb(4 * order, 2 * order)
    return found


def has_white_floor(planes: Array, known: NDArray[np.bool_]) -> bool:
    """Whether the finest differences of (n, y, x) planes hold as much noise as less fine ones, and more than rounding makes.

    Noise correlated by a camera or a scanner has less and less power the finer it is looked at, as blurred structure has;
    independent noise has the same at all scales and prevails at the finest.
    """
    if min(planes.shape[-2:]) < 8 or not known.any():
        return False
    coarse, fine, finest = (_typical(planes, known, order) for order in (1, 2, 3))
    step = grey_step(planes[known])
    return _alike(coarse, fine, finest) and coarse > ROUNDING * step**2


def white_floor(planes: Array, known: NDArray[np.bool_], *, shared: bool) -> tuple[bool, tuple[float, float] | None]:
    """Whether the finest differences are those of independent noise, and its line where light on black tells it.

    That is asked where neighbours seem to have noise in common (`shared`).
    """
    if has_white_floor(planes, known):
        return True, None
    line = light_on_dark(planes, known) if shared else None
    return line is not None, line


def light_on_dark(planes: Array, known: NDArray[np.bool_]) -> tuple[float, float] | None:
    """Gain and base of independent noise of (n, y, x) planes most of which is a ground without light, such as beads on black.

    None where there is no such ground, or where the light is not as noisy at the finest as a little coarser. Compared is the noise in
    terms of the light around it, so that few bright places do not outweigh all others; the gain is that of all light together.
    """
    if min(planes.shape[-2:]) < 8 or not known.any():
        return None
    lowest = float(planes[known].min())
    if np.mean(planes[known] == lowest) <= _DARK:
        return None
    relative, noise, light = np.zeros(3), 0.0, 0.0
    for plane, seen in zip(planes, known, strict=True):
        above = np.where(seen, plane - lowest, 0)
        around = _window_means(above)
        usable = (_window_means(seen.astype(np.float64)) > 0.999) & (around > 0)
        orders = [_middle(fine_variance(above, order), 3 - order)[usable] for order in (1, 2, 3)]
        relative += [(squares / around[usable]).sum() for squares in orders]
        noise, light = noise + float(orders[-1].sum()), light + float(around[usable].sum())
    gain = noise / light if light > 0 else 0.0
    found = _alike(*relative) and gain > ROUNDING * grey_step(planes[known])
    return (gain, -gain * lowest) if found else None


def _alike(coarse: float, fine: float, finest: float) -> bool:
    """Whether noise is as strong in differences of each order."""
    return all(_FLAT * one < other < one / _FLAT for one, other in ((coarse, fine), (fine, finest)))


def _window_means(plane: Array) -> Array:
    """(y, x) -> (y - 6, x - 6): means over what differences of order 3 look at."""
    for axis in (0, 1):
        plane = np.lib.stride_tricks.sliding_window_view(plane, 7, axis).mean(-1)
    return plane


def _middle(plane: Array, rim: int) -> Array:
    return plane[rim : plane.shape[0] - rim, rim : plane.shape[1] - rim]


def grey_step(values: Array) -> float:
    """Smallest step between the grey levels of some of these values; 0 where all are alike."""
    levels = np.unique(values.ravel()[:_LOOKED_AT])
    return float(np.diff(levels).min()) if len(levels) > 1 else 0.0


def _typical(planes: Array, known: NDArray[np.bool_], order: int) -> float:
    """Median fine variance, as a mean of independent Gaussian noise."""
    inner = (slice(order, -order), slice(order, -order))
    squares = [
        fine_variance(np.where(seen, plane, 0), order)[seen[inner]] for plane, seen in zip(planes, known, strict=True)
    ]
    together = np.concatenate(squares)
    return float(np.median(together)) / 0.4549 if together.size else 0.0


def fine_share(autocorrelation: Array) -> float:
    """Share of noise of this (n, n) autocorrelation that `fine_variance` sees: 1 for independent pixels."""
    profile = np.array([1.0, -4, 6, -4, 1]) / 6
    far = len(autocorrelation) // 2
    near = min(far, 2)
    part = slice(far - near, far + near + 1)
    weight = profile[2 - near : 3 + near]
    return float(weight @ autocorrelation[part, part] @ weight)


def blocks(plane: Array, known: NDArray[np.bool_]) -> Array:
    """(3, n): mean, and fine variance of order 1 and 2, of each block that is known and not saturated."""
    if min(plane.shape) < BLOCK + 4 or not known.any():
        return np.zeros((3, 0))
    usable = known & ~saturated(plane, known)
    filled, inner = np.where(known, plane, 0), (slice(2, -2), slice(2, -2))
    rows, columns = plane.shape
    whole = np.logical_and.reduce([usable[i : rows - 4 + i, j : columns - 4 + j] for i in range(5) for j in range(5)])
    parts = (filled[inner], fine_variance(filled)[1:-1, 1:-1], fine_variance(filled, 2))
    complete = _tiled(whole).all(axis=(1, 3))
    return np.stack([_tiled(part).mean(axis=(1, 3))[complete] for part in parts])


def saturated(plane: Array, known: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Pixels of the largest value, if they are many, and more than of the next: the upper end of what can be counted."""
    top = known & (plane == plane[known].max())
    below = known & ~top
    if top.sum() <= _MANY * known.sum() or not below.any():
        return np.zeros_like(known)
    return top if top.sum() > (known & (plane == plane[below].max())).sum() else np.zeros_like(known)


def _tiled(image: NDArray[_Number]) -> NDArray[_Number]:
    """(y, x) -> (rows, BLOCK, columns, BLOCK), the rest cut off."""
    rows, columns = (n // BLOCK for n in image.shape)
    return image[: rows * BLOCK, : columns * BLOCK].reshape(rows, BLOCK, columns, BLOCK)


def groups(found: Array) -> tuple[Array, Array, Array]:
    """Blocks (3, n) -> brightness, variance of the noise and number of blocks of each group of similar brightness."""
    sparse = found.shape[1] > 0 and np.mean(found[1] == 0) > _SPARSE
    usable = found if sparse else found[:, found[1] > 0]
    if usable.shape[1] == 0:
        return np.zeros(0), np.zeros(0), np.zeros(0)
    ordered = usable[:, np.argsort(usable[0], kind="stable")]
    number = int(np.clip(ordered.shape[1] // _IN_A_GROUP, 1, _GROUPS))
    parts = np.array_split(ordered, number, axis=1)
    if number > 1:  # little of an image is bright: its last group ranges far
        parts[-1:] = np.array_split(parts[-1], 3, axis=1)
    measured = np.array([_group(part, sparse) for part in parts]).T
    level, variance, count = measured[:, measured[1] > 0]
    return level, variance, count


def _group(part: Array, sparse: bool) -> tuple[float, float, int]:
    """Brightness, variance and number of the blocks (3, n) of one group."""
    count = part.shape[1]
    if sparse:
        return float(part[0].mean()), float(part[1].mean()), count
    lowest = part[:, np.argsort(part[1])[: max(1, round(_LOWEST * count))]]
    level, coarse, fine = lowest.mean(axis=1)
    structure = fine < _WHITE * coarse
    return float(level), float(fine if structure else coarse) / _LOWEST_MEAN, count


def variance_line(level: Array, variance: Array, count: Array) -> tuple[float, float]:
    """Gain and base of the line that the groups support; gain 0 where a constant explains them as well.

    Of all lines through two groups, and all constants, the one of least cost: groups may lie above it as far as they like, for
    there is structure; below it only by chance.
    """
    error = np.hypot(_ERROR / np.sqrt(count), _BEND)
    constant = min(((0.0, float(v)) for v in variance), key=lambda line: _cost(line, level, variance, error))
    lines = [
        ((v[1] - v[0]) / (x[1] - x[0]), x, v)
        for x, v in zip(itertools.combinations(level, 2), itertools.combinations(variance, 2), strict=True)
        if x[1] > x[0] and v[1] > v[0]
    ]
    candidates = [(float(slope), float(v[0] - slope * x[0])) for slope, x, v in lines]
    best = min(candidates, key=lambda line: _cost(line, level, variance, error), default=constant)
    better = _cost(constant, level, variance, error) - _cost(best, level, variance, error) > _BETTER
    return _refined(best if better else constant, level, variance, error)


def _predicted(line: tuple[float, float], level: Array, variance: Array) -> Array:
    predicted: Array = np.maximum(line[0] * level + line[1], 0.01 * variance.min())
    return predicted


def _cost(line: tuple[float, float], level: Array, variance: Array, error: Array) -> float:
    away = np.log(variance / _predicted(line, level, variance)) / error
    return float(np.where(away > 0, np.minimum(away**2, _STRUCTURE), np.minimum(away**2, _BELOW)).sum())


def _refined(line: tuple[float, float], level: Array, variance: Array, error: Array) -> tuple[float, float]:
    """Least squares of relative errors through the groups near the line."""
    for _ in range(3):
        predicted = _predicted(line, level, variance)
        away = np.log(variance / predicted) / error
        weight = np.where((away < 2) & (away > -5), 1 / (error * predicted), 0.0)
        if line[0] == 0 or np.count_nonzero(weight) < 3:
            total = (weight**2).sum()
            return line if line[0] or not total else (0.0, float((weight**2 * variance).sum() / total))
        slope, base = np.linalg.lstsq(
            np.stack([level, np.ones_like(level)], 1) * weight[:, None], variance * weight, rcond=None
        )[0]
        if slope <= 0:
            return line
        line = float(slope), float(base)
    return line
