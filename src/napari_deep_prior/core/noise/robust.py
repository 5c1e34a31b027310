"""Noise levels that are robust to structure and outliers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

MAD_TO_SIGMA = 0.6745
"""Median absolute value of a Gaussian with standard deviation 1."""


def robust_sigma(image: NDArray[np.generic], known: NDArray[np.bool_]) -> float:
    """Standard deviation of the noise of most pixels: up to a quarter of them may deviate by any amount.

    From the median difference of neighbours, to which a smooth image hardly contributes.

    Parameters
    ----------
    image
        (c, y, x).
    known
        (y, x), True where the image was measured.

    Returns
    -------
    float
        In the image's units; at least a thousandth of the image's range, so that a drawing without noise has some too.
    """
    values = image.astype(np.float64)
    across = (values[:, :, 1:] - values[:, :, :-1])[:, known[:, 1:] & known[:, :-1]]
    down = (values[:, 1:] - values[:, :-1])[:, known[1:] & known[:-1]]
    differences = np.abs(np.concatenate([across.ravel(), down.ravel()]))
    low, high = np.percentile(values[:, known], [1, 99])
    sigma = float(np.median(differences)) / MAD_TO_SIGMA / np.sqrt(2) if differences.size else 0.0
    return max(sigma, 1e-3 * float(high - low))


def laplacian_sigma(image: NDArray[np.generic], known: NDArray[np.bool_]) -> float:
    """Standard deviation of noise that is independent from pixel to pixel; structure hardly contributes [1]_.

    Departs from the paper in taking the median instead of the mean, so that edges do not contribute either; where it is 0, as
    of few photons, the mean square.

    Parameters
    ----------
    image
        (c, [z,] y, x).
    known
        ([z,] y, x), True where the image was measured.

    Returns
    -------
    float
        In the image's units; 0 where no 3 x 3 pixels are known.

    References
    ----------
    .. [1] Immerkær, Fast noise variance estimation, Computer Vision and Image Understanding 64, 1996.
    """
    filled = np.where(known, image, 0).astype(np.float64)
    down = filled[..., 2:, :] - 2 * filled[..., 1:-1, :] + filled[..., :-2, :]
    laplacian = np.abs(down[..., 2:] - 2 * down[..., 1:-1] + down[..., :-2])
    rows, columns = known.shape[-2:]
    neighbours = [known[..., i : rows - 2 + i, j : columns - 2 + j] for i in range(3) for j in range(3)]
    complete = np.logical_and.reduce(neighbours)
    if not complete.any():
        return 0.0
    median = float(np.median(laplacian[:, complete])) / MAD_TO_SIGMA / 6
    return (
        median or float(np.sqrt(np.mean(laplacian[:, complete] ** 2))) / 6
    )  # most of a few photons' surroundings are 0
