"""Prediction of a pixel from its neighbours: the error tells fine detail from noise."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_RADIUS = 3
"""Width in pixels of the frame of neighbours beyond the excluded ones."""


def neighbour_prediction_error(image: NDArray[np.float64], known: NDArray[np.bool_], exclude: int) -> float:
    """Mean squared error of predicting each known pixel by the mean of its neighbours.

    Parameters
    ----------
    image
        (c, y, x).
    known
        (y, x), True where the image was measured.
    exclude
        Radius in pixels of the nearest neighbours that are left out, because their noise is correlated with the pixel's;
        0 leaves out the pixel alone.

    Returns
    -------
    float
        In the image's units squared; infinite where no pixel has enough known neighbours.
    """
    weight = known.astype(np.float64)
    inner, outer = exclude, exclude + _RADIUS
    count = _box_sum(weight, outer) - _box_sum(weight, inner)
    predictable = known & (count > 0.5)
    if not predictable.any():
        return np.inf
    error = 0.0
    for channel in image:
        filled = np.where(known, channel, 0.0)
        prediction = (_box_sum(filled, outer) - _box_sum(filled, inner))[predictable] / count[predictable]
        error += float(np.mean((channel[predictable] - prediction) ** 2))
    return error / len(image)


def _box_sum(image: NDArray[np.float64], radius: int) -> NDArray[np.float64]:
    """Sum over the square of side 2 radius + 1 around each pixel of (y, x); zeros beyond the edge."""
    rows, columns = image.shape
    table = np.pad(image, ((radius + 1, radius), (radius + 1, radius))).cumsum(0).cumsum(1)
    side = 2 * radius + 1
    sums: NDArray[np.float64] = (
        table[side:, side:] - table[:-side, side:] - table[side:, :-side] + table[:-side, :-side]
    )
    return sums[:rows, :columns]
