"""How well a pixel is predicted by what surrounds it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_REACH = 3
"""The surroundings reach this many pixels beyond those left out."""


def neighbour_prediction_error(image: NDArray[np.float64], known: NDArray[np.bool_], gap: int) -> float:
    """Mean squared error of predicting each known pixel by the mean of those around it, except the nearest `gap`.

    For a (c, y, x) image; infinite where there is nothing to compare.
    """
    weight = known.astype(np.float64)
    near, far = gap, gap + _REACH
    share = _box(weight, far) - _box(weight, near)
    where = known & (share > 0.5)
    if not where.any():
        return np.inf
    error = 0.0
    for channel in image:
        filled = np.where(known, channel, 0.0)
        mean = (_box(filled, far) - _box(filled, near))[where] / share[where]
        error += float(np.mean((channel[where] - mean) ** 2))
    return error / len(image)


def _box(image: NDArray[np.float64], radius: int) -> NDArray[np.float64]:
    """Sum over the square of side 2 radius + 1 around each pixel of a (y, x) image; nothing beyond the edge."""
    rows, columns = image.shape
    total = np.pad(image, ((radius + 1, radius), (radius + 1, radius))).cumsum(0).cumsum(1)
    side = 2 * radius + 1
    found: NDArray[np.float64] = (
        total[side:, side:] - total[:-side, side:] - total[side:, :-side] + total[:-side, :-side]
    )
    return found[:rows, :columns]
