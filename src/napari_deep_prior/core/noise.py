"""What one image says of its own noise: how strong it is and over how many pixels it is correlated."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

PATCH = 16
"""Side of the patches looked at, in pixels."""

_LAGS = 6
_SHARE = 0.1


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Noise:
    """`sigma` in the image's units where noise prevails; `correlation` along the worse axis at lags 0, 1, 2, ...

    `patches` is how many spoke; 0 means that nothing could be measured.
    """

    sigma: float
    patches: int
    correlation: tuple[float, ...]

    @property
    def length(self) -> int:
        """First lag in pixels from which the noise is uncorrelated; 1 for independent pixels."""
        below = (lag for lag, rho in enumerate(self.correlation) if lag and rho < 0.2)
        return next(below, len(self.correlation))


def measure(image: NDArray[np.generic], known: NDArray[np.bool_]) -> Noise:
    """Noise of a (c, y, x) image, from the patches in which neighbouring pixels have the least in common.

    Notes
    -----
    The image is cut into patches without missing pixels, the best plane is taken off each, and the tenth with the
    smallest correlation between neighbours speaks: structure and blur correlate, so where noise prevails it is least.
    Choosing the flattest patches instead fails where only a part of the image is noisy. Patches without any
    variation (clipped background) say nothing.
    """
    patches = np.concatenate([_patches(channel.astype(np.float64), known) for channel in image])
    patches = patches[patches.var(axis=(1, 2)) > 0]
    if len(patches) == 0:
        return Noise(sigma=0.0, patches=0, correlation=(1.0,) + (0.0,) * (_LAGS - 1))
    by_axis = (_correlation(patches.swapaxes(1, 2)), _correlation(patches))
    correlation = np.maximum(*by_axis)  # (n, lags)
    chosen = np.argsort(correlation[:, 1])[: max(1, round(_SHARE * len(patches)))]
    return Noise(
        patches=len(chosen),
        sigma=float(np.sqrt(patches[chosen].var(axis=(1, 2)).mean())),
        correlation=tuple(float(rho) for rho in correlation[chosen].mean(0)),
    )


def _correlation(patches: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n, PATCH, PATCH) -> (n, lags): correlation of pixels 0, 1, 2, ... columns apart, patch by patch."""
    products = [(patches[:, :, lag:] * patches[:, :, : PATCH - lag]).mean(axis=(1, 2)) for lag in range(_LAGS)]
    correlation: NDArray[np.float64] = np.stack(products, 1) / products[0][:, None]
    return correlation


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
