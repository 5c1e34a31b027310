"""How far a restored image is from the truth, estimated without the truth."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray

from napari_deep_prior.core.imaging.normalized_convolution import smooth_estimate
from napari_deep_prior.core.noise.estimate import NoiseEstimate
from napari_deep_prior.core.noise.perturbation import perturbation
from napari_deep_prior.core.random_streams import torch_stream

Image = NDArray[np.float32]
Restore = Callable[[Image], Image]

TILE = 32
"""Side in pixels of the tiles for which an error is estimated."""

_LEVEL_WIDTH = 2.0
"""Standard deviation in pixels of the Gaussian mean that gives the brightness, and so the noise variance, at each pixel."""

_WITHIN = 1.645
"""Half of a 90 % interval in standard deviations."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ErrorEstimate:
    """Mean squared error of a result in the image's units squared, and how well it is known.

    Attributes
    ----------
    mean_squared_error
        Unbiased where the noise is as measured, so it can be below 0 where it is small.
    low, high
        90 % interval, at least 0, from the spread over the tiles and the uncertainty of the noise variance.
    noise_variance
        Mean noise variance that was assumed.
    tiles
        Mean squared error of each tile, (rows, columns). Pixels at the border that fill no tile are left out.
    """

    mean_squared_error: float
    low: float
    high: float
    noise_variance: float
    tiles: NDArray[np.float64]


def estimated_error(
    observed: Image,
    restored: Image,
    noise: NoiseEstimate,
    restore: Restore,
    *,
    variance_uncertainty: float = 0.1,
    draws: int = 1,
    seed: int = 0,
) -> ErrorEstimate:
    """Mean squared error of a denoised image by Stein's identity, for any noise whose covariance is known.

    Parameters
    ----------
    observed, restored
        (c, y, x) in the same units, ``restored = restore(observed)``.
    noise
        Of the observed image; its line of variance and, where neighbours share noise, its autocorrelation are used.
    restore
        The denoiser as a function of the image. It must do the same at each call: a fit starts from the same seed, or its
        network is kept as it is.
    variance_uncertainty
        Relative standard deviation of the noise's variance as measured: about 0.1 from one image, 0 where it is known.
    draws
        Number of perturbations, each of which calls `restore` once.
    seed
        Seed of the perturbations. With the same seed, their contribution cancels in the difference of two similar results, as
        does the noise variance.

    Returns
    -------
    ErrorEstimate

    Raises
    ------
    ValueError
        Where the shapes differ, or no noise could be measured.

    Notes
    -----
    For y = x + n with n of covariance S, ``E |f(y) - x|^2 = E |f(y) - y|^2 - tr S + 2 E f n``; the last term is found by a small change of
    the image, or by single photons more, see `Perturbation`. A difference of two results contains no ``tr S``: which is better is told
    more surely than how good it is.

    A result that keeps much noise is told to be better than it is where the variance of the noise is measured too small.

    References
    ----------
    .. [1] Stein, C. M. (1981). Estimation of the mean of a multivariate normal distribution. Annals of Statistics 9(6).
    """
    if observed.shape != restored.shape:
        raise ValueError(f"observed is {observed.shape}, restored {restored.shape}: they must be of one shape")
    if noise.sigma == 0:
        raise ValueError("no noise could be measured in this image, so nothing can be said of the error of a result")
    start = torch.from_numpy(np.ascontiguousarray(observed, np.float32))[None]
    level = smooth_estimate(start, torch.ones_like(start[:, :1]), _LEVEL_WIDTH)[0].numpy().astype(np.float64)
    variance = noise.variance_at(level)
    generator = torch_stream(seed, "change of the image")
    deviation = torch.from_numpy(np.sqrt(variance).astype(np.float32))[None]
    followed = np.zeros(observed.shape)
    for _ in range(draws):
        probe = perturbation(deviation, noise, noise.gain, generator)
        answer = restore(observed + probe.change[0].numpy())
        followed += probe.weight[0].numpy() * (answer.astype(np.float64) - restored) / draws
    error = (restored.astype(np.float64) - observed) ** 2 - variance + 2 * followed
    return _summarised(error.mean(0), variance.mean(0), followed.mean(0), variance_uncertainty)


def second_frame_error(second: Image, restored: Image) -> float:
    """Mean squared difference of a result from an independent second frame: its error plus the frame's noise variance.

    The frame's noise variance is the same for all results, so differences of results are unbiased whatever the noise. The second
    frame (c, y, x) must not have been used for `restored`. No function that makes the result is needed.
    """
    return float(np.mean((restored.astype(np.float64) - second) ** 2))


def _summarised(
    error: NDArray[np.float64], variance: NDArray[np.float64], followed: NDArray[np.float64], uncertainty: float
) -> ErrorEstimate:
    """Estimate and interval from maps (y, x) of the error, the noise variance and the denoiser's response to noise."""
    mean, tiles = float(error.mean()), _tiles(error)
    spread = float(tiles.std() / np.sqrt(tiles.size)) if tiles.size > 1 else float(error.std() / np.sqrt(error.size))
    by_variance = uncertainty * abs(2 * float(followed.mean()) - float(variance.mean()))
    half = _WITHIN * float(np.hypot(spread, by_variance))
    return ErrorEstimate(
        mean_squared_error=mean,
        low=max(0.0, mean - half),
        high=max(0.0, mean + half),
        noise_variance=float(variance.mean()),
        tiles=tiles,
    )


def _tiles(error: NDArray[np.float64]) -> NDArray[np.float64]:
    """Means of the tiles of a (y, x) map; an image smaller than a tile is one tile."""
    rows, columns = (max(1, n // TILE) for n in error.shape)
    height, width = min(TILE, error.shape[0]), min(TILE, error.shape[1])
    part = error[: rows * height, : columns * width].reshape(rows, height, columns, width)
    means: NDArray[np.float64] = part.mean(axis=(1, 3))
    return means
