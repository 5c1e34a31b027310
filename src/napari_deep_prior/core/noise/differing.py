"""The noise of an image in which it differs from place to place."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from napari_deep_prior.core.noise.estimate import NoiseEstimate, measure

_ENOUGH = 1 / 16
"""Share of the noisy pixels in which the noise of all can be measured."""


def strongest(known: NDArray[np.bool_], strength: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Known pixels ([z,] y, x) of one `strength`: the strongest that enough of them have."""
    levels, counts = np.unique(strength[known], return_counts=True)
    enough = counts >= _ENOUGH * counts.sum()
    level = levels[enough].max() if enough.any() else levels[counts.argmax()]
    where: NDArray[np.bool_] = known & (strength == level)
    return where


def measure_differing(
    image: NDArray[np.generic], known: NDArray[np.bool_], strength: NDArray[np.float32] | None
) -> NoiseEstimate:
    """As `measure`, where the variance at each pixel is `strength`, like `known`, times the one that is told; None: it is the same.

    It is measured where the noise is strongest: there structure counts least.
    """
    if strength is None or not known.any():
        return measure(image, known)
    where = strongest(known, strength)
    return measure(image, where).times(1 / float(strength[where][0]))
