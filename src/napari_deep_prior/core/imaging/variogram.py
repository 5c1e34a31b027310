"""Variogram: how much an image changes over a distance, and so how little is known of a pixel so far from all that was measured."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from napari_deep_prior.core.imaging.holes import chessboard_distance

Array = NDArray[np.float64]
_Value = TypeVar("_Value", bound=np.generic)

_FARTHEST = 32
"""Lags in pixels up to which changes are measured; beyond, they are taken to be as there."""

_ENOUGH = 30
"""The fewest pairs of pixels that say something of a lag."""


def semivariance(image: Array, known: NDArray[np.bool_], noise: float) -> Array:
    """Half the mean squared difference of known pixels 0, 1, 2, ... apart along y and x, less the noise in it [1]_.

    Parameters
    ----------
    image
        (c, y, x).
    known
        (y, x).
    noise
        Variance of the noise.

    Returns
    -------
    ndarray
        (c, lags), 0 at lag 0, nowhere less than at a shorter lag.

    References
    ----------
    .. [1] Matheron, Principles of geostatistics, Economic Geology 58, 1963.
    """
    filled = np.where(known, image, 0.0)
    lags = range(1, min(_FARTHEST, max(known.shape) - 1) + 1)
    found = np.zeros((len(image), 1 + len(lags)))
    for lag in lags:
        total, pairs = np.zeros(len(image)), 0
        for axis in (-2, -1):
            both = _ahead(known, lag, axis) & _behind(known, lag, axis)
            change = _ahead(filled, lag, axis) - _behind(filled, lag, axis)
            total += (change**2 * both).sum(axis=(1, 2))
            pairs += int(both.sum())
        if pairs >= _ENOUGH:
            found[:, lag] = np.maximum(total / (2 * pairs) - noise, 0)
        elif lag == 1:  # as little is known as of any pixel
            found[:, lag] = np.maximum(image[:, known].var(axis=1) - noise, 0)
        else:
            found[:, lag] = found[:, lag - 1]
    grown: Array = np.maximum.accumulate(found, axis=1)
    return grown


def error_in_holes(image: Array, known: NDArray[np.bool_], noise: float) -> Array:
    """(c, [z,] y, x) -> the same: standard deviation of a pixel that is only known from the nearest one; 0 where it is known itself.

    In an image that changes alike everywhere the nearest known pixel is off by the root of twice the semivariance, its mean with
    others by about the root of the semivariance: that is what is told.
    """
    if known.ndim == 3:
        planes = [error_in_holes(image[:, z], known[z], noise) for z in range(len(known))]
        return np.stack(planes, 1)
    error = np.zeros(image.shape)
    missing = np.nonzero(~known)
    if missing[0].size and known.any():
        changes = semivariance(image, known, noise)
        distance = np.minimum(chessboard_distance(known, missing), changes.shape[1] - 1)
        error[:, missing[0], missing[1]] = np.sqrt(changes[:, distance])
    return error


def _ahead(x: NDArray[_Value], lag: int, axis: int) -> NDArray[_Value]:
    return x[..., lag:, :] if axis == -2 else x[..., lag:]


def _behind(x: NDArray[_Value], lag: int, axis: int) -> NDArray[_Value]:
    end = max(0, x.shape[axis] - lag)
    return x[..., :end, :] if axis == -2 else x[..., :end]


def error_between_pixels(image: Array, noise: float) -> Array:
    """(c, [z,] y, x) -> the same: standard deviation of what is finer than a pixel: half the semivariance of its neighbourhood."""
    total, pairs = np.zeros(image.shape), np.zeros(image.shape[-2:])
    for axis in (-2, -1):
        change = _ahead(image, 1, axis) - _behind(image, 1, axis)
        for part in (_ahead(total, 1, axis), _behind(total, 1, axis)):
            part += change**2 / 2
        for count in (_ahead(pairs, 1, axis), _behind(pairs, 1, axis)):
            count += 1
    local = _mean_around(total) / np.maximum(_mean_around(pairs), 1e-9)
    error: Array = np.sqrt(np.maximum(local - noise, 0) / 2)
    return error


def _mean_around(x: Array) -> Array:
    """Mean of 3 x 3 pixels, those beyond the edges as the outermost ones."""
    padded = np.pad(x, [(0, 0)] * (x.ndim - 2) + [(1, 1), (1, 1)], mode="edge")
    rows, columns = x.shape[-2:]
    parts = [padded[..., i : i + rows, j : j + columns] for i in range(3) for j in range(3)]
    mean: Array = np.mean(parts, axis=0)
    return mean
