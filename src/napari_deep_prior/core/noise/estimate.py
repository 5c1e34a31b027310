"""What one image says of its own noise: how strong it is at which brightness, how correlated, how skewed."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

from napari_deep_prior.core.noise.prediction import neighbour_prediction_error

PATCH = 16
"""Side of the patches looked at, in pixels."""


_LAGS = 6


_SHARE = 0.1


_LEVELS = 6
"""Groups of patches by brightness, in each of which the noise is measured for itself."""


_CERTAIN = 2.5
"""The brightest group must have so many times the variance of the darkest: textures alone make less of a difference."""


Autocorrelation = tuple[tuple[float, ...], ...]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class NoiseEstimate:
    """What was measured.

    Attributes
    ----------
    sigma
        Standard deviation in the image's units where noise prevails.
    patches
        How many patches spoke; 0 means that nothing could be measured.
    correlation
        Along the worse axis at lags 0, 1, 2, ...
    gain, base
        Variance at the brightness x is ``gain * x + base``: photons (Poisson) give the slope, read-out the base. Of an
        image alone, read noise and camera offset cannot be told apart: ``base = read_noise**2 - gain * offset``.
    skewness
        Third moment in units of sigma: 0 for Gaussian noise, large where photons are few.
    autocorrelation
        Correlation at the lags (dy, dx), each from -(n - 1)/2 to (n - 1)/2: an n x n table with 1 in its middle.
    detail
        By how much the surroundings fail to predict a pixel, in units of its noise's variance: 0 for a smooth picture.
    outliers
        Whether some pixels are far off, by any amount.
    pixels
        How many the image has in each channel; 0: not known.
    """

    sigma: float
    patches: int
    correlation: tuple[float, ...]
    gain: float = 0.0
    base: float = 0.0
    skewness: float = 0.0
    autocorrelation: Autocorrelation = ((1.0,),)
    detail: float = 0.0
    outliers: bool = False
    pixels: int = 0

    @property
    def correlation_length(self) -> int:
        """First lag in pixels from which the noise is uncorrelated; 1 for independent pixels."""
        below = (lag for lag, rho in enumerate(self.correlation) if lag and rho < 0.2)
        return next(below, len(self.correlation))

    @property
    def min_variance(self) -> float:
        """Smallest variance that is believed at any brightness: a hundredth of sigma's."""
        return 0.01 * self.sigma**2

    def variance_at(self, level: NDArray[np.float64]) -> NDArray[np.float64]:
        """Of the noise at these brightnesses, in the image's units; never less than `min_variance`."""
        found: NDArray[np.float64] = np.maximum(self.gain * level + self.base, self.min_variance)
        return found


def measure(image: NDArray[np.generic], known: NDArray[np.bool_]) -> NoiseEstimate:
    """Noise of a (c, [z,] y, x) image in its planes, from the patches in which neighbouring pixels have the least in common.

    Notes
    -----
    The image is cut into patches without missing pixels, the best plane is taken off each, and the tenth with the
    smallest correlation between neighbours speaks: structure and blur correlate, so where noise prevails it is least.
    Choosing the flattest patches instead fails where only a part of the image is noisy. Patches without any
    variation (clipped background) say nothing. The line of variance over brightness is fitted through groups of such
    patches (after Foi et al., IEEE TIP 2008, who segment instead).
    """
    planes = image.reshape(-1, *image.shape[-2:])
    within = np.broadcast_to(known, image.shape).reshape(planes.shape)
    found = [_patches(plane.astype(np.float64), of_it) for plane, of_it in zip(planes, within, strict=True)]
    patches, level = np.concatenate([p for p, _ in found]), np.concatenate([m for _, m in found])
    varied = patches.var(axis=(1, 2)) > 0
    patches, level = patches[varied], level[varied]
    if len(patches) == 0:
        return NoiseEstimate(sigma=0.0, patches=0, correlation=(1.0,) + (0.0,) * (_LAGS - 1))
    correlation = np.maximum(_correlation(patches.swapaxes(1, 2)), _correlation(patches))  # (n, lags)
    order = np.argsort(correlation[:, 1])
    chosen = order[: max(1, round(_SHARE * len(patches)))]
    variance = patches.var(axis=(1, 2))
    gain, base = _line(level, variance, correlation[:, 1], float(variance[chosen].mean()))
    noise = NoiseEstimate(
        patches=len(chosen),
        sigma=float(np.sqrt(variance[chosen].mean())),
        correlation=tuple(float(rho) for rho in correlation[chosen].mean(0)),
        skewness=float(((patches[chosen] / np.sqrt(variance[chosen])[:, None, None]) ** 3).mean()),
        autocorrelation=_lags(patches[chosen]),
        gain=gain,
        base=base,
    )
    return dataclasses.replace(noise, detail=_detail(planes.astype(np.float64), within, noise), pixels=known.size)


def _line(
    level: NDArray[np.float64], variance: NDArray[np.float64], rho: NDArray[np.float64], overall: float
) -> tuple[float, float]:
    """Gain and base of variance over brightness, by relative errors; `overall` and no gain where a line is not certain."""
    groups = np.array_split(np.argsort(level), min(_LEVELS, max(1, len(level) // 20)))
    chosen = [group[np.argsort(rho[group])[: max(2, round(_SHARE * len(group)))]] for group in groups]
    x = np.array([level[group].mean() for group in chosen])
    v = np.array([variance[group].mean() for group in chosen])
    if len(x) > 2 and np.ptp(x) > 0:
        gain, base = np.polyfit(x, v, 1, w=np.array([np.sqrt(len(group)) for group in chosen]) / v)
        ends = gain * x[[0, -1]] + base
        if ends[1] > _CERTAIN * max(ends[0], 0.01 * ends[1]):
            return float(gain), float(base)
    return 0.0, overall


def _detail(planes: NDArray[np.float64], known: NDArray[np.bool_], noise: NoiseEstimate) -> float:
    """See `NoiseEstimate.detail`; planes and where they are known, both (n, y, x)."""
    each = [
        neighbour_prediction_error(plane[None], of_it, noise.correlation_length - 1)
        for plane, of_it in zip(planes, known, strict=True)
    ]
    error = float(np.mean([one for one in each if np.isfinite(one)] or [np.inf]))
    own = float(noise.variance_at(planes[known]).mean())
    return max(0.0, error / own - 1) if np.isfinite(error) else 0.0


def _lags(patches: NDArray[np.float64]) -> Autocorrelation:
    """(n, PATCH, PATCH) -> see `NoiseEstimate.autocorrelation`."""
    far = _LAGS - 2
    table = [[_together(patches, dy, dx) for dx in range(-far, far + 1)] for dy in range(-far, far + 1)]
    return tuple(tuple(float(value / table[far][far]) for value in row) for row in table)


def _together(patches: NDArray[np.float64], dy: int, dx: int) -> float:
    """Mean product of pixels (dy, dx) apart."""
    (a, b), (c, d) = ((slice(max(0, s), PATCH + min(0, s)), slice(max(0, -s), PATCH + min(0, -s))) for s in (dy, dx))
    return float((patches[:, a, c] * patches[:, b, d]).mean())


def _correlation(patches: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n, PATCH, PATCH) -> (n, lags): correlation of pixels 0, 1, 2, ... columns apart, patch by patch."""
    products = [(patches[:, :, lag:] * patches[:, :, : PATCH - lag]).mean(axis=(1, 2)) for lag in range(_LAGS)]
    correlation: NDArray[np.float64] = np.stack(products, 1) / products[0][:, None]
    return correlation


def _patches(channel: NDArray[np.float64], known: NDArray[np.bool_]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(y, x) -> (n, PATCH, PATCH) fully known patches with their best plane taken off, and (n,) their means."""
    rows, columns = (n // PATCH for n in channel.shape)
    shape = (rows, PATCH, columns, PATCH)
    tiles = channel[: rows * PATCH, : columns * PATCH].reshape(shape).swapaxes(1, 2).reshape(-1, PATCH * PATCH)
    whole = known[: rows * PATCH, : columns * PATCH].reshape(shape).swapaxes(1, 2).reshape(-1, PATCH * PATCH).all(1)
    y, x = np.mgrid[:PATCH, :PATCH] - (PATCH - 1) / 2
    plane = np.stack([np.ones(PATCH * PATCH), y.ravel(), x.ravel()], 1)
    tiles = tiles[whole]
    flat = tiles - (tiles @ np.linalg.pinv(plane).T) @ plane.T
    residual: NDArray[np.float64] = flat.reshape(-1, PATCH, PATCH)
    return residual, tiles.mean(axis=1)
