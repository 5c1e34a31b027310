"""Noise level, robust to structure and outliers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def robust_sigma(image: NDArray[np.generic], known: NDArray[np.bool_]) -> float:
    """Standard deviation of the noise of most pixels of a (c, y, x) image: up to a quarter may be far off.

    From the median difference of neighbours, in which a picture that is smooth hardly counts; of a thousandth of the
    image's range at least, which a drawing without noise has.
    """
    values = image.astype(np.float64)
    pairs = known[:, 1:] & known[:, :-1], known[1:] & known[:-1]
    differences = (values[:, :, 1:] - values[:, :, :-1])[:, pairs[0]], (values[:, 1:] - values[:, :-1])[:, pairs[1]]
    together = np.abs(np.concatenate([part.ravel() for part in differences]))
    low, high = np.percentile(values[:, known], [1, 99])
    return max(float(np.median(together)) / 0.6745 / np.sqrt(2) if together.size else 0.0, 1e-3 * float(high - low))


def laplacian_sigma(image: NDArray[np.generic], known: NDArray[np.bool_]) -> float:
    """Noise that differs from pixel to pixel, of a (c, [z,] y, x) image; structure hardly counts in it (Immerkaer, CVIU 1996).

    The median instead of the paper's mean, so that edges do not count either.
    """
    plain = np.where(known, image, 0).astype(np.float64)
    down = plain[..., 2:, :] - 2 * plain[..., 1:-1, :] + plain[..., :-2, :]
    both = np.abs(down[..., 2:] - 2 * down[..., 1:-1] + down[..., :-2])
    rows, columns = known.shape[-2:]
    around = [known[..., i : rows - 2 + i, j : columns - 2 + j] for i in range(3) for j in range(3)]
    whole = np.logical_and.reduce(around)
    return float(np.median(both[:, whole]) / 0.6745 / 6) if whole.any() else 0.0
