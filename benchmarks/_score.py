"""How an image is scored against its truth: PSNR plain and scale-fitted, SSIM, rank correlation. Numpy alone."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.floating]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """PSNR in dB as the image is and after the best brightness and contrast, and the structural similarity."""

    psnr: float
    fitted: float
    ssim: float


def decibels(peak: float, error: Image) -> float:
    """PSNR of an error for this peak; infinite where there is none."""
    power = float(np.mean(np.square(error)))
    return 10 * math.log10(peak**2 / power) if power > 0 else math.inf


def fit(image: Image, truth: Image) -> Image:
    """``a * image + b`` nearest to the truth in least squares."""
    centred = image - image.mean()
    power = np.mean(np.square(centred))
    slope = np.mean(centred * (truth - truth.mean())) / power if power > 0 else 0.0
    return slope * centred + truth.mean()


def spread(truth: Image) -> float:
    """99.9th less 0.1th percentile: the range of a stretched or 16-bit image."""
    low, high = np.percentile(truth, [0.1, 99.9])
    return float(high - low)


def ssim(image: Image, truth: Image, peak: float) -> float:
    """Structural similarity (Wang et al. 2004): Gaussian window of sigma 1.5, 11 pixels wide; channels averaged.

    Only windows that lie whole in the image count.
    """
    if image.ndim == 3:
        return float(np.mean([ssim(image[..., c], truth[..., c], peak) for c in range(image.shape[-1])]))
    bell = np.exp(-0.5 * (np.arange(-5, 6) / 1.5) ** 2)
    bell /= bell.sum()

    def mean(values: Image) -> Image:
        rows = sum(w * values[i : values.shape[0] - 10 + i] for i, w in enumerate(bell))
        return sum(w * rows[:, i : values.shape[1] - 10 + i] for i, w in enumerate(bell))

    a, b = mean(image), mean(truth)
    var_a, var_b = mean(image * image) - a * a, mean(truth * truth) - b * b
    covariance = mean(image * truth) - a * b
    c1, c2 = (0.01 * peak) ** 2, (0.03 * peak) ** 2
    return float(np.mean((2 * a * b + c1) * (2 * covariance + c2) / ((a * a + b * b + c1) * (var_a + var_b + c2))))


def spearman(first: Image, second: Image) -> float:
    """Rank correlation; ties share their mean rank. Nan where one of the two is constant."""
    a, b = _ranks(first.ravel()), _ranks(second.ravel())
    a, b = a - a.mean(), b - b.mean()
    scale = math.sqrt(float(a @ a) * float(b @ b))
    return float(a @ b) / scale if scale > 0 else math.nan


def _ranks(values: Image) -> Image:
    _, where, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return (last - 0.5 * (counts + 1))[where]
