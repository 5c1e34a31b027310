"""Hole statistics of a mask: they decide which network fills the holes, and how large the held-out blocks are."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from napari_deep_prior.core.random_streams import numpy_stream


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class HoleStatistics:
    """The holes of one plane.

    Attributes
    ----------
    fraction
        Missing pixels divided by all pixels.
    typical_width
        Width in pixels of the stripe with the same mean distance to the nearest known pixel. For letters this is the
        width of their strokes, for pixels that are missing at random about 2 (half of them) to 10 (98 %).
    max_width
        Side in pixels of the largest square without a known pixel, approximately.
    pixels
        Number of pixels of the plane.
    """

    fraction: float
    typical_width: float
    max_width: int
    pixels: int

    @property
    def mostly_known(self) -> bool:
        """Whether less than half of the image is missing."""
        return self.fraction < 0.5

    def describe(self) -> Iterator[str]:
        """One sentence for a person; none where nothing is missing."""
        if self.pixels:
            yield (
                f"{self.fraction:.1%} of the pixels are missing, in holes that are typically {self.typical_width:.0f} pixels wide "
                f"and at most about {self.max_width}"
            )


_MAX_SAMPLES = 100_000
"""Number of missing pixels that are measured at most. A random sample gives the same answer, and a window may wait for it."""

NO_HOLES = HoleStatistics(fraction=0.0, typical_width=0.0, max_width=0, pixels=0)
"""Nothing is missing."""


def measure(known: NDArray[np.bool_]) -> HoleStatistics:
    """Measure the holes of a (y, x) mask, True = known.

    A mask of a volume (z, y, x) gives `NO_HOLES`: volumes have one network whatever their holes.
    """
    if known.ndim != 2 or known.all():
        return NO_HOLES
    missing = np.nonzero(~known)
    if len(missing[0]) > _MAX_SAMPLES:
        sample = numpy_stream(0, "hole widths").integers(len(missing[0]), size=_MAX_SAMPLES)
        missing = (missing[0][sample], missing[1][sample])
    distance = chessboard_distance(known, missing)
    # In a stripe of even width w the distances 1 .. w / 2 are equally frequent: their mean is w / 4 + 1 / 2.
    return HoleStatistics(
        fraction=float(1 - known.mean()),
        typical_width=float(4 * distance.mean() - 2),
        max_width=int(2 * distance.max() - 1),
        pixels=known.size,
    )


def chessboard_distance(known: NDArray[np.bool_], pixels: tuple[NDArray[np.intp], ...]) -> NDArray[np.int64]:
    """Chessboard distance of missing pixels to the nearest known one.

    Parameters
    ----------
    known
        (y, x), True = known.
    pixels
        Indices (y, x) of the missing pixels, as `numpy.nonzero` gives them.

    Returns
    -------
    ndarray of int64
        One distance in pixels for each of them; the longer side of the image where nothing is known.

    Notes
    -----
    By bisection on a summed-area table: four look-ups count the known pixels in a square of any size, so that a hole of a
    thousand pixels costs ten rounds instead of five hundred.
    """
    rows, columns = known.shape
    table = np.pad(known.astype(np.int64), ((1, 0), (1, 0))).cumsum(0).cumsum(1)
    y, x = pixels
    empty_radius = np.zeros(len(y), np.int64)
    known_radius = np.full(len(y), max(rows, columns), np.int64)
    while (known_radius - empty_radius > 1).any():
        radius = (empty_radius + known_radius) // 2
        top, bottom = np.maximum(y - radius, 0), np.minimum(y + radius + 1, rows)
        left, right = np.maximum(x - radius, 0), np.minimum(x + radius + 1, columns)
        hit = table[bottom, right] - table[top, right] - table[bottom, left] + table[top, left] > 0
        known_radius = np.where(hit, radius, known_radius)
        empty_radius = np.where(hit, empty_radius, radius)
    return known_radius
