"""Masks: what is known about each pixel of a plane before the fit."""

from __future__ import annotations

import dataclasses
import functools

import numpy as np
from numpy.typing import NDArray

from napari_deep_prior.core.imaging import holes
from napari_deep_prior.core.imaging.blank import blank_border
from napari_deep_prior.core.imaging.holes import HoleStatistics


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Masks:
    """Which pixels of a plane were observed, which of them are noisy, and which are returned as they are.

    Attributes
    ----------
    known
        ([z,] y, x), True where a pixel was observed.
    noisy
        True where a pixel has noise: the noise is measured there alone, and clean pixels are never held out.
    kept
        True where a pixel is returned as it was observed.
    strength
        Like `known`: variance of a pixel's noise in terms of its mean over all noisy pixels at the same brightness; None: 1 everywhere.
    """

    known: NDArray[np.bool_]
    noisy: NDArray[np.bool_]
    kept: NDArray[np.bool_]
    strength: NDArray[np.float32] | None = None

    @classmethod
    def of(
        cls,
        plane: NDArray[np.generic],
        *,
        known: NDArray[np.bool_] | None = None,
        noisy: NDArray[np.bool_] | None = None,
        kept: NDArray[np.bool_] | None = None,
    ) -> Masks:
        """Masks of a (c, [z,] y, x) plane; unless given, all its pixels are known and noisy, and none is kept."""
        shape = plane.shape[1:]
        return cls(
            known=np.ones(shape, np.bool_) if known is None else known,
            noisy=np.ones(shape, np.bool_) if noisy is None else noisy,
            kept=np.zeros(shape, np.bool_) if kept is None else kept,
        )

    def where_measured(self, plane: NDArray[np.generic], missing: NDArray[np.bool_] | None = None) -> Masks:
        """The same without pixels that are `missing` or NaN, and without a blank border, which is returned as it is.

        What of the border is `missing` as well is to be filled in.
        """
        blank = blank_border(plane)
        blank = blank if missing is None else blank & ~missing
        spoilt = np.isnan(plane).any(0) if plane.dtype.kind == "f" else np.zeros_like(blank)
        spoilt = spoilt if missing is None else spoilt | missing
        if not (blank.any() or spoilt.any()):
            return self
        return Masks(known=self.known & ~(blank | spoilt), noisy=self.noisy, kept=(self.kept & ~spoilt) | blank)

    def part(self, place: tuple[slice, ...]) -> Masks:
        """Those of a part, one slice for each of ([z,] y, x)."""
        return Masks(
            known=self.known[place],
            noisy=self.noisy[place],
            kept=self.kept[place],
            strength=None if self.strength is None else self.strength[place],
        )

    def differing(self, strength: NDArray[np.float32], clean: NDArray[np.bool_]) -> Masks:
        """The same with noise that differs from place to place, and none where the image is `clean`: there it is returned as it is."""
        kept = self.kept | (clean & self.known)
        return Masks(known=self.known, noisy=self.noisy & ~clean, kept=kept, strength=strength)

    @functools.cached_property
    def holes(self) -> HoleStatistics:
        """How wide the holes between the known pixels are; measured once."""
        return holes.measure(self.known)
