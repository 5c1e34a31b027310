"""Local flux: whether light is missing from a result, or too much in it, somewhere; found in the means of what was taken away."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_deep_prior.core.noise.differing import measure_differing
from napari_deep_prior.core.noise.estimate import Autocorrelation

BOXES = (8, 16, 32, 64)
"""Sides of the boxes in pixels: what is smaller than the first is not found, what is larger than the last hardly ever wrong."""

LEAST = 4.0
"""The |z| from which a box is told of, at least."""

_CHANCE = 0.01
"""Chance that noise alone raises an alarm anywhere in the image."""

_OVERLAP = 40
"""Boxes lie at every pixel: together they find as much by chance as so many times those side by side (drawn: 1 to 1.6 %)."""

_SEEN_OVER = 16
"""Side of the boxes, in pixels, over which noise is read off the residual itself."""

_KNOWN = 0.5
"""Share of a box that has to be measured."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LocalFlux:
    """Means of the residual, box by box, in units of their standard errors.

    Attributes
    ----------
    z
        The one furthest from 0, with its sign: above 0 the result is too dark there, below 0 too bright.
    box, place
        Side of its box, and row and column of its middle, in pixels.
    threshold
        The |z| that noise alone exceeds anywhere in an image of this size with a chance of 1 %, at least 4.
    map
        (y, x), float32: of the boxes around each pixel, the z furthest from 0; 0 where nothing was measured.
    """

    z: float
    box: int
    place: tuple[int, int]
    threshold: float
    map: NDArray[np.float32]

    @property
    def flagged(self) -> bool:
        """Whether light was lost or invented somewhere."""
        return abs(self.z) > self.threshold

    @property
    def number(self) -> str:
        """The z in words."""
        return (
            f"Local flux: {abs(self.z):.1f} standard errors at most, in boxes of {self.box} pixels (noise makes up to "
            f"{self.threshold:.1f})"
        )

    @property
    def warning(self) -> str:
        """Where light was lost or drawn, in words."""
        row, column = self.place
        return (
            f"Around row {row}, column {column} the result is too {'dark' if self.z > 0 else 'bright'}: over "
            f"{self.box} x {self.box} pixels its mean is {abs(self.z):.1f} standard errors off. Structure was erased or drawn "
            "there: do not measure intensities."
        )


def local_flux(
    residual: NDArray[np.floating[Any]],
    variance: NDArray[np.floating[Any]],
    counts: NDArray[np.bool_],
    autocorrelation: Autocorrelation = ((1.0,),),
) -> LocalFlux | None:
    """Compare the mean of what was taken away with 0, in boxes of several sizes at every pixel.

    Parameters
    ----------
    residual
        Observed minus restored, as the instrument would have seen it, (c, y, x) in the image's units.
    variance
        Of the noise at each pixel, alike, in the units squared.
    counts
        (y, x), True where a pixel was measured.
    autocorrelation
        Of the noise: neighbours that share it make a mean less certain.

    Returns
    -------
    LocalFlux or None
        None where no box fits into the image, or nothing in it was measured.

    Notes
    -----
    Noise has mean 0, so the mean of the residual over a box of n pixels lies within ``sigma sqrt(k / n)`` of 0, k the sum of
    the noise's autocorrelation over the box. A larger one means structure that was erased or drawn there.

    What it does not say: a result that keeps noise passes, since little was taken away. Structure whose light was moved by
    less than a box, as by too much blur, passes as well. Where the variance was measured too small, z is too large by its
    root; so at least the variance is taken that neighbours in the residual differ by.
    """
    known = [np.maximum(told, _seen(left, counts)) for left, told in zip(residual, variance, strict=True)]
    maps = [
        (box, *_extreme([_z(*pair, counts, box, autocorrelation) for pair in zip(residual, known, strict=True)]))
        for box in BOXES
        if box <= min(counts.shape)
    ]
    maps = [(box, z, there) for box, z, there in maps if there.any()]
    if not maps:
        return None
    furthest = np.zeros(counts.shape)
    for box, z, _ in maps:
        spread = _spread(z, box, counts.shape)
        furthest = np.where(np.abs(spread) > np.abs(furthest), spread, furthest)
    box, z, _ = max(maps, key=lambda found: float(np.abs(found[1]).max()))
    row, column = np.unravel_index(int(np.abs(z).argmax()), z.shape)
    boxes = len(residual) * sum(_OVERLAP * math.ceil(counts.sum() / side**2) for side, _, _ in maps)
    return LocalFlux(
        z=float(z[row, column]),
        box=box,
        place=(int(row) + box // 2, int(column) + box // 2),
        threshold=max(LEAST, NormalDist().inv_cdf(1 - _CHANCE / 2 / boxes)),
        map=np.where(counts, furthest, 0).astype(np.float32),
    )


def flux_of(
    observed: NDArray[np.generic],
    left: NDArray[np.float32],
    noisy: NDArray[np.bool_],
    counts: NDArray[np.bool_],
    strength: NDArray[np.float32] | None = None,
) -> LocalFlux | None:
    """The same of a plane, with the noise measured in each of its channels; of a volume, the worst of its planes. As `fluxes_of`."""
    return worst(fluxes_of(observed, left, noisy, counts, strength))


def fluxes_of(
    observed: NDArray[np.generic],
    left: NDArray[np.float32],
    noisy: NDArray[np.bool_],
    counts: NDArray[np.bool_],
    strength: NDArray[np.float32] | None = None,
) -> list[LocalFlux | None]:
    """One of a plane, or of each plane of a volume, with the noise measured in each of the channels.

    Parameters
    ----------
    observed, left
        The image and what was taken away from it, (c, [z,] y, x).
    noisy, counts
        ([z,] y, x): where the noise is measured, and where the residual counts.
    strength
        ([z,] y, x): how strong the noise is at each place, see `Masks`.
    """
    found = [measure_differing(channel[None], noisy, strength) for channel in observed]
    level = observed - left.astype(np.float64)
    variance = np.stack([one.variance_at(channel) for one, channel in zip(found, level, strict=True)])
    if strength is not None:
        variance *= strength
    shared = max((one.usable_autocorrelation for one in found), key=len)
    depths = [()] if left.ndim == 3 else [(z,) for z in range(left.shape[1])]
    return [local_flux(left[:, *z], variance[:, *z], counts[*z], shared) for z in depths]


def worst(found: Iterable[LocalFlux | None]) -> LocalFlux | None:
    """Of several planes, the one furthest from what noise makes."""
    return max((flux for flux in found if flux), key=lambda flux: abs(flux.z) / flux.threshold, default=None)


def _seen(residual: NDArray[np.floating[Any]], counts: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Variance of the noise around each pixel, (y, x), from differences of neighbours: structure hardly makes any."""
    squares, pairs = np.zeros(counts.shape), np.zeros(counts.shape)
    for ahead, behind in ((np.s_[1:], np.s_[:-1]), (np.s_[:, 1:], np.s_[:, :-1])):
        both = counts[ahead] & counts[behind]
        squares[ahead] += np.where(both, residual[ahead].astype(np.float64) - residual[behind], 0.0) ** 2 / 2
        pairs[ahead] += both
    side = min(_SEEN_OVER, *counts.shape)
    total, number = _sums(squares, side), _sums(pairs, side)
    return _spread(total / np.maximum(number, 1), side, counts.shape)


def _z(
    residual: NDArray[np.floating[Any]],
    variance: NDArray[np.floating[Any]],
    counts: NDArray[np.bool_],
    box: int,
    autocorrelation: Autocorrelation,
) -> NDArray[np.float64]:
    """(y, x) -> (y - box + 1, x - box + 1): z of each box; 0 where too little of it was measured."""
    number = _sums(counts.astype(np.float64), box)
    total, spread = (_sums(np.where(counts, values, 0.0).astype(np.float64), box) for values in (residual, variance))
    error = np.sqrt(np.maximum(spread * _sharing(autocorrelation, box), 0))
    usable = (number >= _KNOWN * box**2) & (error > 0)
    return np.where(usable, total / np.where(usable, error, 1.0), 0.0)


def _sharing(autocorrelation: Autocorrelation, box: int) -> float:
    """How many times larger the variance of a box's sum is than with noise of its own in each pixel."""
    table = np.array(autocorrelation)
    reach = len(table) // 2
    overlap = np.maximum(1 - np.abs(np.arange(-reach, reach + 1)) / box, 0)
    return max(float((table * np.outer(overlap, overlap)).sum()), 1 / box)


def _extreme(of_channels: list[NDArray[np.float64]]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """At each place the z of the channel in which it is furthest from 0, and where there is any."""
    stacked = np.stack(of_channels)
    furthest = np.take_along_axis(stacked, np.abs(stacked).argmax(0)[None], 0)[0]
    return furthest, furthest != 0


def _spread(z: NDArray[np.float64], box: int, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Each box's value at its middle pixel; towards the edges that of the last box."""
    before = box // 2
    after = [n - size - before for n, size in zip(shape, z.shape, strict=True)]
    return np.pad(z, [(before, end) for end in after], mode="edge")


def _sums(values: NDArray[np.float64], box: int) -> NDArray[np.float64]:
    """Sums over all boxes that lie inside of (y, x)."""
    table = np.pad(values.cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    sums: NDArray[np.float64] = table[box:, box:] - table[:-box, box:] - table[box:, :-box] + table[:-box, :-box]
    return sums
