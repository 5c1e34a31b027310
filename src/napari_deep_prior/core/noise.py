"""What one image says of its own noise: how strong it is and over how many pixels it is correlated."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

PATCH = 16
"""Side of the patches looked at, in pixels."""

_LAGS = 6
_FLATTEST = 0.1


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Noise:
    """`sigma` in the image's units, in its flattest parts; `correlation` along the worse axis at lags 0, 1, 2, ..."""

    sigma: float
    correlation: tuple[float, ...]

    @property
    def length(self) -> int:
        """First lag in pixels from which the noise is uncorrelated; 1 for independent pixels."""
        below = (lag for lag, rho in enumerate(self.correlation) if lag and rho < 0.25)
        return next(below, len(self.correlation))


def measure(image: NDArray[np.generic], known: NDArray[np.bool_]) -> Noise:
    """Noise of a (c, y, x) image, from the patches in which the least happens.

    Notes
    -----
    The image is cut into patches without missing pixels, the best plane is taken off each, and the autocorrelation
    of the flattest tenth is averaged. What is left of structure there makes the noise look more correlated than it is,
    never less. Patches without any variation (clipped background) say nothing and are left out.
    """
    patches = np.concatenate([_patches(channel.astype(np.float64), known) for channel in image])
    variance = patches.var(axis=(1, 2))
    patches, variance = patches[variance > 0], variance[variance > 0]
    if len(patches) == 0:
        return Noise(sigma=0.0, correlation=(1.0,) + (0.0,) * (_LAGS - 1))
    flat = patches[np.argsort(variance)[: max(1, round(_FLATTEST * len(patches)))]]
    rows, columns = ([_covariance(p, lag) for lag in range(_LAGS)] for p in (flat.swapaxes(1, 2), flat))
    correlation = np.maximum(np.divide(rows, rows[0]), np.divide(columns, columns[0]))
    return Noise(sigma=float(np.sqrt(columns[0])), correlation=tuple(float(rho) for rho in correlation))


def _covariance(patches: NDArray[np.float64], lag: int) -> float:
    """Mean product of pixels `lag` columns apart."""
    return float((patches[:, :, lag:] * patches[:, :, : PATCH - lag]).mean())


def _patches(channel: NDArray[np.float64], known: NDArray[np.bool_]) -> NDArray[np.float64]:
    """(y, x) -> (n, PATCH, PATCH) fully known patches with their best plane taken off."""
    rows, columns = (n // PATCH for n in channel.shape)
    shape = (rows, PATCH, columns, PATCH)
    tiles = channel[: rows * PATCH, : columns * PATCH].reshape(shape).swapaxes(1, 2).reshape(-1, PATCH * PATCH)
    whole = known[: rows * PATCH, : columns * PATCH].reshape(shape).swapaxes(1, 2).reshape(-1, PATCH * PATCH).all(1)
    y, x = np.mgrid[:PATCH, :PATCH] - (PATCH - 1) / 2
    plane = np.stack([np.ones(PATCH * PATCH), y.ravel(), x.ravel()], 1)
    tiles = tiles[whole]
    tiles = tiles - (tiles @ np.linalg.pinv(plane).T) @ plane.T
    residual: NDArray[np.float64] = tiles.reshape(-1, PATCH, PATCH)
    return residual
