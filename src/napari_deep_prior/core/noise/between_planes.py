"""Correlation of the noise of two neighbouring planes of a stack."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from napari_deep_prior.core.noise import estimate


def correlation_between(
    first: NDArray[np.generic], second: NDArray[np.generic], known: NDArray[np.bool_]
) -> float | None:
    """Correlation of the noise of two planes, as far as it can be told from one plane each.

    The variance of the difference of two noises is ``v1 + v2 - 2 cov``. Measured like the noise of a plane, which leaves structure
    aside, it tells their covariance, whether the scene has moved or not.

    Parameters
    ----------
    first, second
        (c, [z,] y, x) in the same units.
    known
        ([z,] y, x), True where both were measured.

    Returns
    -------
    float or None
        -1 to 1; None where no noise can be measured.
    """
    planes = [first.astype(np.float64), second.astype(np.float64)]
    own = [estimate.measure(plane, known) for plane in planes]
    apart = estimate.measure(planes[1] - planes[0], known)
    total = sum(noise.sigma**2 for noise in own)
    if not total or not apart.patches or not all(noise.patches for noise in own):
        return None
    return float(np.clip(1 - apart.sigma**2 / total, -1, 1))
