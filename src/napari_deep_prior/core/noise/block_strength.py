"""How strong the noise is in each block of an image, and how two sets of blocks are compared at the same brightness."""

from __future__ import annotations

import dataclasses
import functools
import itertools
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_deep_prior.core.noise.variance_line import BLOCK, fine_difference, fine_variance, saturated

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

QUANTILE = 0.3
"""Of the blocks of one place and brightness, that which stands for the noise alone: structure only adds."""

_ORDERS = (1, 3)
"""Orders of the differences: the coarser shows what is structure, the finer is hardly reached by it."""

_AT_QUANTILE = np.array([-0.218, -0.367])
"""Logarithm of a block's strength at that quantile for independent Gaussian noise of variance 1, of each order (drawn)."""

_SPREAD = 0.49
"""Standard deviation of the logarithm of a block's finer strength (drawn)."""

_ERROR_OF_QUANTILE = 1.35
"""Standard deviation of that quantile in terms of one block's over the root of their number."""

_IN_A_STRATUM, _STRATA = 64, 16
"""Blocks of similar brightness that are compared with each other, and the most such groups."""

_FEWEST = 6
"""Blocks on each side without which a stratum says nothing."""

_LOW_SIDE, _ERROR_OF_LOW_SIDE = 0.636, 0.93
"""Of the logarithms of independent noise, the median less the lowest tenth, and that one's error times the root of their number (drawn)."""

_UNEVEN = 1.05
"""Ratio by which blocks of noise differ more than that: their brightness differs, and photons are not Gaussian."""

_TINIEST = 1e-9
"""Variance, in terms of the largest, below which all is alike: rounding."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What is known of the noise of one set of blocks in terms of that of another.

    Attributes
    ----------
    log_ratio, error
        Natural logarithm of the ratio of their variances at the same brightness, and its standard deviation; infinite where
        they have no brightness in common.
    colour
        Logarithm of the coarser over the finer strength of the first set: 0 for independent noise, more where it is structure.
    """

    log_ratio: float
    error: float
    colour: float


@dataclasses.dataclass(frozen=True, eq=False)
class Blocks:
    """Blocks of the channels of one plane.

    Attributes
    ----------
    strength
        (2, c, rows, columns): logarithm of the mean fine variance of each order, less what it is at the quantile for independent noise
        of variance 1.
    usable
        (c, rows, columns), False where too little is known or nothing varies.
    stratum
        (c, rows, columns): number of the group of similar brightness, another for each channel.
    correlation
        (rows, columns) of the finest differences of two channels, the mean over all pairs; 0 of one channel.
    """

    strength: Array
    usable: Mask
    stratum: NDArray[np.int64]
    correlation: Array

    @functools.cached_property
    def strata(self) -> int:
        """Number of groups of similar brightness."""
        return int(self.stratum.max()) + 1

    def level(self, chosen: Mask, fewest: int = 4) -> Array:
        """(strata,) noise of the chosen blocks (c, rows, columns) in each stratum, from others of like brightness where few are."""
        found = np.full(self.strata, np.nan)
        numbers, values = self.stratum[chosen], self.strength[1][chosen]
        for number in np.unique(numbers):
            inside = values[numbers == number]
            if inside.size >= fewest:
                found[number] = np.quantile(inside, QUANTILE)
        known = np.flatnonzero(~np.isnan(found))
        return np.interp(np.arange(self.strata), known, found[known]) if known.size else found

    def numbers(self, chosen: Mask) -> NDArray[np.int64]:
        """(strata,) how many of the chosen blocks (c, rows, columns) each stratum has."""
        return np.bincount(self.stratum[chosen], minlength=self.strata)

    def unevenness(self, chosen: Mask) -> float:
        """By how many standard errors blocks (c, rows, columns) of like brightness differ more than noise makes; structure differs."""
        sides, numbers = [], []
        for number in np.unique(self.stratum[chosen]):
            inside = self.strength[1][chosen & (self.stratum == number)]
            if inside.size >= _FEWEST:
                middle, low = np.quantile(inside, [0.5, 0.1])
                sides.append(middle - low)
                numbers.append(inside.size)
        if not sides:
            return float("inf")
        error = _ERROR_OF_LOW_SIDE / np.sqrt(sum(numbers) / len(self.usable))
        return float((np.average(sides, weights=numbers) - _UNEVEN * _LOW_SIDE) / error)

    def common(self, chosen: Mask) -> float:
        """Correlation of the finest differences of two channels in blocks (rows, columns): high for structure, which all show."""
        return float(np.median(self.correlation[chosen])) if chosen.any() else 0.0

    def compared(self, first: Mask, second: Mask) -> Comparison:
        """The noise of two sets of blocks (c, rows, columns), stratum by stratum."""
        ratios, colours, weights = [], [], []
        for number in range(self.strata):
            sides = [self.strength[:, chosen & (self.stratum == number)] for chosen in (first, second)]
            if min(side.shape[1] for side in sides) < _FEWEST:
                continue
            one, other = (np.quantile(side, QUANTILE, axis=1) for side in sides)
            ratios.append(one[1] - other[1])
            colours.append(one[0] - one[1])
            weights.append(1 / sum(_error(side[1]) ** 2 for side in sides))
        if not weights:
            return Comparison(log_ratio=0.0, error=float("inf"), colour=float("inf"))
        error = float(np.sqrt(len(self.usable) / sum(weights)))  # channels may share their noise
        return Comparison(
            log_ratio=float(np.average(ratios, weights=weights)),
            error=error,
            colour=float(np.average(colours, weights=weights)),
        )


def blocks_of(planes: Array, known: Mask) -> Blocks:
    """Blocks of (c, y, x), of whose pixels those of (y, x) are known."""
    found = [_of_channel(plane, known & ~saturated(plane, known)) for plane in planes]
    level, variance = np.stack([one for one, _, _ in found]), np.stack([one for _, one, _ in found], 1)
    usable = np.stack([one for _, _, one in found])
    stratum, following = np.zeros(usable.shape, np.int64), 0
    for channel, complete in enumerate(usable):
        places = np.flatnonzero(complete)
        ordered = places[np.argsort(level[channel].ravel()[places], kind="stable")]
        groups = np.array_split(ordered, int(np.clip(len(places) // _IN_A_STRATUM, 1, _STRATA)))
        for number, group in enumerate(groups, following):
            stratum[channel].flat[group] = number
        following += len(groups)
    least = _TINIEST * max(float(variance.max(initial=0.0)), np.finfo(np.float64).tiny)
    strength = np.log(np.maximum(variance, least)) - _AT_QUANTILE[:, None, None, None]
    return Blocks(strength, usable, stratum, _correlation(planes, np.logical_and.reduce(usable)))


def _correlation(planes: Array, usable: Mask) -> Array:
    """See `Blocks`; 0 where a block cannot be used."""
    found = np.zeros(usable.shape)
    differences = [np.pad(fine_difference(plane, _ORDERS[1]), _ORDERS[1]) for plane in planes]
    power = [tiled(difference**2).sum(axis=(1, 3)) for difference in differences]
    pairs = list(itertools.combinations(range(len(planes)), 2))
    for one, other in pairs:
        product = tiled(differences[one] * differences[other]).sum(axis=(1, 3))
        found += product / np.sqrt(np.maximum(power[one] * power[other], np.finfo(np.float64).tiny)) / len(pairs)
    return np.where(usable, found, 0.0)


def _of_channel(plane: Array, known: Mask) -> tuple[Array, Array, Mask]:
    """Mean (rows, columns), fine variances (2, rows, columns) of each block, and which are known well enough."""
    filled = np.where(known, plane, 0.0)
    count = tiled(known).sum(axis=(1, 3))
    level = tiled(filled).sum(axis=(1, 3)) / np.maximum(count, 1)
    complete, variances = count >= BLOCK**2 // 2, []
    for order in _ORDERS:
        seen = _surrounded(known, order)
        squares = np.where(seen, np.pad(fine_variance(filled, order), order), 0.0)
        number = tiled(seen).sum(axis=(1, 3))
        variances.append(tiled(squares).sum(axis=(1, 3)) / np.maximum(number, 1))
        complete &= number >= BLOCK**2 // 4
    return level, np.stack(variances), complete


def _surrounded(known: Mask, reach: int) -> Mask:
    """Pixels (y, x) whose whole surroundings up to `reach` are known and inside."""
    side = 2 * reach + 1
    table = np.pad(known.astype(np.int64), ((1, 0), (1, 0))).cumsum(0).cumsum(1)
    whole = table[side:, side:] - table[:-side, side:] - table[side:, :-side] + table[:-side, :-side] == side**2
    return np.pad(whole, reach)


def tiled(image: NDArray[Any]) -> NDArray[Any]:
    """(y, x) -> (rows, BLOCK, columns, BLOCK), the rest cut off."""
    rows, columns = (n // BLOCK for n in image.shape)
    return image[: rows * BLOCK, : columns * BLOCK].reshape(rows, BLOCK, columns, BLOCK)


def _error(strength: Array) -> float:
    """Standard deviation of the quantile of these strengths."""
    middle, low = np.quantile(strength, [0.5, 0.16])
    return _ERROR_OF_QUANTILE * max(_SPREAD, float(middle - low)) / float(np.sqrt(strength.size))
