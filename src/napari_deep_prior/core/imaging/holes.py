"""How wide the holes of a mask are: decides the network that fills them and the size of the blocks that are held out."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class HoleStatistics:
    """The holes of one plane.

    Attributes
    ----------
    fraction
        Of the pixels that are missing.
    typical_width
        Width in pixels of the stripe whose pixels are on average as far from what is known as the missing pixels are: of
        letters the width of their strokes, of pixels that are missing at random about 2 (half of them) to 10 (98 %).
    max_width
        Side in pixels of the largest square without a known pixel, about.
    pixels
        Of the plane.
    """

    fraction: float
    typical_width: float
    max_width: int
    pixels: int

    @property
    def mostly_known(self) -> bool:
        """Whether most of the image is known."""
        return self.fraction < 0.5

    def describe(self) -> Iterator[str]:
        """In words; nothing where nothing is missing."""
        if self.pixels:
            yield (
                f"{self.fraction:.1%} of the pixels are missing, in holes that are typically {self.typical_width:.0f} pixels wide "
                f"and at most about {self.max_width}"
            )


_ENOUGH = 100_000
"""Missing pixels that are looked at: of more, so many are drawn, for they say the same and a window may wait for the answer."""

NO_HOLES = HoleStatistics(fraction=0.0, typical_width=0.0, max_width=0, pixels=0)


def measure(known: NDArray[np.bool_]) -> HoleStatistics:
    """Look at a (y, x) mask, True = known. Those of a volume are not looked at: its network is the same for all."""
    if known.ndim != 2 or known.all():
        return NO_HOLES
    missing = np.nonzero(~known)
    if len(missing[0]) > _ENOUGH:
        drawn = np.random.default_rng(0).integers(len(missing[0]), size=_ENOUGH)
        missing = (missing[0][drawn], missing[1][drawn])
    deep = chessboard_distance(known, missing)
    # In a stripe of even width w the depths 1 .. w / 2 are equally frequent: their mean is w / 4 + 1 / 2.
    return HoleStatistics(
        fraction=float(1 - known.mean()),
        typical_width=float(4 * deep.mean() - 2),
        max_width=int(2 * deep.max() - 1),
        pixels=known.size,
    )


def chessboard_distance(known: NDArray[np.bool_], at: tuple[NDArray[np.intp], ...]) -> NDArray[np.int64]:
    """Chessboard distance of the missing pixels at these (y, x) to the nearest known one.

    The largest side where nothing is known. By halving: a square of any size around a pixel is counted in four look-ups,
    so that a hole of a thousand pixels costs ten rounds and not five hundred.
    """
    rows, columns = known.shape
    total = np.pad(known.astype(np.int64), ((1, 0), (1, 0))).cumsum(0).cumsum(1)
    y, x = at
    empty, reached = np.zeros(len(y), np.int64), np.full(len(y), max(rows, columns), np.int64)
    while (reached - empty > 1).any():
        radius = (empty + reached) // 2
        top, bottom = np.maximum(y - radius, 0), np.minimum(y + radius + 1, rows)
        left, right = np.maximum(x - radius, 0), np.minimum(x + radius + 1, columns)
        hit = total[bottom, right] - total[top, right] - total[bottom, left] + total[top, left] > 0
        reached, empty = np.where(hit, radius, reached), np.where(hit, empty, radius)
    return reached
