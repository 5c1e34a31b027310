"""Clipped pixels: they pile up at one end of the range of an image."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

PILED = 0.001
"""Fraction of pixels at one end of the range above which they count as clipped."""


def clipped_fractions(image: NDArray[np.generic]) -> tuple[float, float]:
    """Fractions of the pixels at the lowest and at the highest value; each 0 where they do not pile up there.

    Pixels pile up where the last value occurs more than four times as often as the five before it on average: the tail of a
    histogram that is not clipped thins out. This also finds 12-bit cameras in 16-bit files.
    """
    values, counts = np.unique(image[np.isfinite(image)] if image.dtype.kind == "f" else image, return_counts=True)
    if len(values) < 16:  # a drawing, not a measurement
        return 0.0, 0.0
    ends = []
    for run in (counts, counts[::-1]):
        share = float(run[0] / counts.sum())
        ends.append(share if share > PILED and run[0] > 4 * run[1:6].mean() else 0.0)
    return ends[0], ends[1]
