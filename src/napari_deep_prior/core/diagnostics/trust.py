"""Trust: what can be said of a result from the image itself: noise, residual, clipped and invented pixels."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_deep_prior.core.data.axes import Axes, Index
from napari_deep_prior.core.diagnostics.clipping import clipped_fractions
from napari_deep_prior.core.diagnostics.course import percent
from napari_deep_prior.core.diagnostics.local_flux import LocalFlux, flux_of, worst
from napari_deep_prior.core.diagnostics.residual import JudgedPlane, autocorrelation, structure
from napari_deep_prior.core.found import ErrorFound
from napari_deep_prior.core.imaging.bad_pixels import find_bad_pixels
from napari_deep_prior.core.noise import estimate as noise
from napari_deep_prior.core.noise.differing import measure_differing, strongest
from napari_deep_prior.core.noise.robust import MAD_TO_SIGMA, laplacian_sigma
from napari_deep_prior.core.results import Result, largest_error
from napari_deep_prior.core.tasks import AbstractTask

PLANES = 6
"""Number of planes of a stack that are examined, evenly spread."""

ALIKE = 0.1
"""Correlation above which the residual contains structure."""

TOO_MUCH = 1.3
"""Standard deviation of the residual, in units of the noise, above which the residual is more than noise."""

NOTED = 0.02
"""Standard deviation of the noise, as a share of the range of the image, from which on it matters that it was kept on purpose."""

_TAIL = 6
"""Robust standard deviations at which residuals are clipped before they are measured. Outliers are reported separately."""

TILE = 64
"""Side in pixels of the tiles in which structure is searched for."""

_FEW = 256
"""Smallest number of pixels whose residual is judged."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """Findings in one plane; `removed` has one number per channel."""

    noise: noise.NoiseEstimate
    removed: tuple[float, ...]
    structure: float | None
    outliers: int
    levels: tuple[float, ...] = ()
    flux: LocalFlux | None = None
    noted: bool = False


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """Findings about a result for which no truth is needed.

    Attributes
    ----------
    noise
        Of the observed image, on average.
    removed, removed_most
        Standard deviation of the residual in units of the noise, without outliers: the smallest and the largest of all channels
        and planes. None where too few pixels can be judged.
    structure
        Correlation in the residual between pixels too far apart to share noise, less what chance makes; the largest of all
        tiles. None where too few pixels can be judged.
    saturated, black
        Fractions of the pixels at the upper and the lower end of the range; 0 where they do not pile up there.
    invented
        Fraction of the pixels with no measurement behind them.
    outliers
        Number of pixels of the examined planes that differ strongly from their surroundings.
    flux
        Where light is missing from the result or too much in it, in the plane where it is furthest from what noise makes;
        None where nothing can be said.
    levels
        Standard deviations of the noise in the parts of the image where it differs, from the least on; empty where it does not.
    error
        Estimated error of the plane where it is largest; None where none was estimated.
    kept
        Where the task keeps the noise on purpose: what is to be said of it, empty where the noise is too weak to matter. None where
        the task is to take it away.
    """

    noise: noise.NoiseEstimate
    removed: float | None
    structure: float | None
    saturated: float
    black: float
    invented: float
    removed_most: float | None = None
    outliers: int = 0
    flux: LocalFlux | None = None
    levels: tuple[float, ...] = ()
    error: ErrorFound | None = None
    kept: str | None = None

    @property
    def numbers(self) -> tuple[str, ...]:
        """Measured numbers, one line each."""
        return tuple(self._numbers())

    def _numbers(self) -> Iterator[str]:
        yield f"Noise: standard deviation {self.noise.sigma:.3g}, {self._shared}"
        if self.levels:
            least, most = self.levels[0], self.levels[-1]
            yield f"The noise differs over the image: {least:.3g} to {most:.3g} grey values at its mean brightness"
        if self.noise.gain:
            yield f"Gain: {self.noise.gain:.3g} grey values per photo-electron, if the noise is that of photons"
            yield f"Variance without light (read noise², less gain times offset): {self.noise.base:.3g}"
        if self.error is not None:
            yield f"Estimated error: {self.error}"
        if self.removed is not None:
            most = self.removed if self.removed_most is None else self.removed_most
            amount = f"{self.removed:.2f}" if most - self.removed < 0.05 else f"{self.removed:.2f} to {most:.2f}"
            roughly = "" if self.noise.correlation_length <= 1 else ", whose strength is known roughly"
            yield f"Removed: {amount} times the noise{roughly} (1 is best)"
        if self.structure is not None:
            yield f"Correlation in the removed part: {self.structure:.2f} (0 is best)"
        if self.flux is not None:
            yield self.flux.number

    @property
    def _shared(self) -> str:
        length = self.noise.correlation_length
        return "each pixel by itself" if length <= 1 else f"correlated over {length} pixels"

    @property
    def warnings(self) -> tuple[str, ...]:
        """Warnings in words; empty where nothing was found."""
        return tuple(self._warnings())

    def _warnings(self) -> Iterator[str]:
        yield from self._of_the_residual()
        yield from self._of_pixels()

    def _of_the_residual(self) -> Iterator[str]:
        if self.structure is not None and self.structure > ALIKE:
            yield (
                f"The removed part contains structure (correlation {self.structure:.2f}): some detail was removed with the "
                "noise. Look at the residual; a later step, or more steps, may bring it back."
            )
        if self.flux is not None and self.flux.flagged:
            yield self.flux.warning
        if self.kept:
            yield self.kept
        if self.kept is None and self.removed is not None and self.removed < 0.7:
            yield (
                f"Only {100 * self.removed:.0f} % of the noise was removed: some is left in the result. "
                "An earlier step may be cleaner."
            )
        if self.removed_most is not None and self.removed_most > TOO_MUCH:
            yield (
                f"{self.removed_most:.1f} times the noise was removed: more than noise is missing from the result, or the "
                "noise was measured wrongly. Look at the residual."
            )

    def _of_pixels(self) -> Iterator[str]:
        if self.outliers:
            yield (
                f"{self.outliers} pixel{'s differ' if self.outliers > 1 else ' differs'} strongly from the surroundings: press "
                "Find bad pixels and have them filled in."
            )
        if self.saturated:
            yield f"{percent(self.saturated)} of the pixels are saturated: do not measure intensities there."
        if self.black:
            yield f"{percent(self.black)} of the pixels lie at the lower end of the range: what was darker is lost."
        if self.invented:
            yield f"{percent(self.invented)} of the pixels are invented: do not measure there."


def examine(image: Any, result: Result, task: AbstractTask, axes: Axes) -> Trust:
    """Examine a result. Of a stack, some of the restored planes are examined, and the worst of them counts."""
    planes = axes.planes(image.shape)
    places = [planes[number] for number in _looked_at(result)]
    looks = [_diagnose(image, result.image, task, axes, place) for place in places]
    ends = [clipped_fractions(np.asarray(image[place])) for place in places]
    removed = [fraction for look in looks for fraction in look.removed]
    alike = [look.structure for look in looks if look.structure is not None]
    return Trust(
        noise=looks[0].noise,
        levels=looks[0].levels,
        removed=min(removed, default=None),
        removed_most=max(removed, default=None),
        outliers=sum(look.outliers for look in looks),
        structure=max(alike, default=None),
        flux=worst(look.flux for look in looks),
        black=max(low for low, _ in ends),
        saturated=max(high for _, high in ends),
        invented=result.record.invented,
        error=largest_error(result.record.planes),
        kept=_kept(task, looks),
    )


def _kept(task: AbstractTask, looks: list[_Look]) -> str | None:
    """What is to be said where the task keeps the noise; see `Trust.kept`."""
    words = task.keeps_noise()
    noted = any(look.noted for look in looks)
    return (words if noted else "") if words else None


def _looked_at(result: Result) -> list[int]:
    """Numbers of at most `PLANES` restored planes, evenly spread."""
    reached = [plane.plane for plane in result.record.planes if plane.iterations > 0]
    return [reached[i] for i in sorted({round(at) for at in np.linspace(0, len(reached) - 1, PLANES)})]


def _diagnose(image: Any, restored: NDArray[np.float32], task: AbstractTask, axes: Axes, index: Index) -> _Look:
    """Examine one plane."""
    judged = JudgedPlane.of(image, restored, task, axes, index)
    observed, left, masks, counts = judged.observed, judged.left, judged.masks, judged.counts
    noisy = masks.known & masks.noisy
    found = measure_differing(observed, noisy, masks.strength)
    levels = () if masks.strength is None else tuple(found.sigma * np.sqrt(np.unique(masks.strength)))
    alike = np.ones_like(noisy) if masks.strength is None else strongest(noisy, masks.strength)
    planar = observed if observed.ndim == 3 else ()
    outliers = sum(int(np.count_nonzero(find_bad_pixels(c, kinds=("hot", "dead"))[masks.known])) for c in planar)
    low, high = np.percentile(observed[:, masks.known].astype(np.float64), (1, 99)) if masks.known.any() else (0.0, 0.0)
    noted = bool(found.sigma > NOTED * (high - low))
    if counts.sum() < _FEW or not left[:, counts].var(axis=1).all():
        return _Look(noise=found, removed=(), structure=None, outliers=outliers, levels=levels, noted=noted)
    tiles = [
        _tile_correlation(left[(slice(None), *part)], counts[part], found.correlation_length)
        for part in _parts(counts.shape)
    ]
    return _Look(
        noise=found,
        removed=tuple(_removed(observed, left, masks.known & alike, noisy & alike, counts & alike)),
        structure=max(tiles),
        outliers=outliers,
        levels=levels,
        flux=flux_of(observed, left, noisy, counts, masks.strength),
        noted=noted,
    )


def _removed(
    observed: NDArray[np.generic],
    left: NDArray[np.float32],
    known: NDArray[np.bool_],
    noisy: NDArray[np.bool_],
    counts: NDArray[np.bool_],
) -> Iterator[float]:
    """Standard deviation of each channel's residual, in units of its noise; the lower of two noise estimates counts.

    Where neighbours share their noise, the one by differences between neighbours is too low, and the other one may be too high
    by structure that looks alike. There the noise has the strength between the two that speaks least against the result.
    """
    for channel, residual in zip(observed, left, strict=True):
        found = noise.measure(channel[None], noisy)
        low, high = sorted((found.sigma, laplacian_sigma(channel[None], known)))
        if low:
            values = residual[counts].astype(np.float64)
            middle = np.median(values)
            spread = np.median(np.abs(values - middle)) / MAD_TO_SIGMA
            cut = np.clip(values, middle - _TAIL * spread, middle + _TAIL * spread) if spread else values
            taken = float(cut.std())
            yield taken / (low if found.correlation_length <= 1 else min(max(taken, low), high))


def _parts(shape: tuple[int, ...]) -> Iterator[Index]:
    """Tiles of about TILE pixels a side: detail lost in one corner hardly shows in the whole. Of a volume, some planes."""
    rows, columns = (np.linspace(0, n, max(1, round(n / TILE)) + 1).astype(int) for n in shape[-2:])
    depths = [sorted({round(at) for at in np.linspace(0, n - 1, PLANES)}) for n in shape[:-2]]
    for *deep, (top, bottom), (start, end) in itertools.product(
        *depths, itertools.pairwise(rows), itertools.pairwise(columns)
    ):
        yield *deep, slice(top, bottom), slice(start, end)


def _tile_correlation(left: NDArray[np.float32], counts: NDArray[np.bool_], length: int) -> float:
    """Structure in one tile of the residual, less what chance makes; 0 where the tile has too few pixels."""
    if counts.sum() < _FEW or not left[:, counts].var(axis=1).all():
        return 0.0
    chance = 4 * length / np.sqrt(counts.sum())  # the largest of many correlations of pure noise
    return max(0.0, structure(autocorrelation(left, counts), length) - float(chance))
