"""Residual: observed minus restored image, and whether it is noise or contains structure."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from napari_deep_prior.core.data.axes import Axes, Index
from napari_deep_prior.core.data.masks import Masks
from napari_deep_prior.core.tasks import AbstractTask

REACH = 8
"""Largest lag in pixels at which the residual is correlated with itself."""


def blend(observed: NDArray[np.generic], restored: NDArray[np.floating[Any]], share: float) -> NDArray[np.float32]:
    """Weighted mean: `share` of the restored image, the rest of the observed one."""
    start = observed.astype(np.float64)
    mixed: NDArray[np.float64] = start + share * (restored - start)
    return mixed.astype(np.float32)


def plane_residual(
    image: Any, restored: NDArray[np.float32], task: AbstractTask, axes: Axes, index: Index
) -> NDArray[np.float32]:
    """Residual of the plane at `index`: observed minus the forward model of the restored plane, (c, [z,] y, x).

    It is 0 at missing pixels, and everywhere if the forward model was estimated during the fit and is no longer known.
    """
    own = task.for_plane(axes, tuple(image.shape), index)
    observed = axes.to_cyx(np.asarray(image[index])).astype(np.float32)
    wanted = torch.from_numpy(np.ascontiguousarray(axes.to_cyx(restored[index]), np.float32))[None]
    masks = own.masks(observed)
    tensor = torch.from_numpy(np.where(masks.known, observed, np.float32(0)))[None]
    removed = own.forward_model(tensor, masks).residual(tensor, wanted)[0].numpy()
    return np.where(masks.known, removed, np.float32(0))


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class JudgedPlane:
    """A plane, and what was taken away from it.

    Attributes
    ----------
    observed, left
        Its pixels, and their residual, (c, [z,] y, x).
    masks
        With the regions in which its noise differs.
    counts
        ([z,] y, x), True where the residual is judged.
    """

    observed: NDArray[np.generic]
    left: NDArray[np.float32]
    masks: Masks
    counts: NDArray[np.bool_]

    @classmethod
    def of(cls, image: Any, restored: NDArray[np.float32], task: AbstractTask, axes: Axes, index: Index) -> JudgedPlane:
        """The plane at `index`."""
        observed = axes.to_cyx(np.asarray(image[index]))
        own = task.for_plane(axes, tuple(image.shape), index)
        masks = own.noise_masks(observed, own.masks(observed))
        left = plane_residual(image, restored, task, axes, index)
        counts = masks.known & ~masks.kept & np.isfinite(left).all(0)
        return cls(observed=observed, left=left, masks=masks, counts=counts)


def residual(image: Any, restored: NDArray[np.float32], task: AbstractTask, axes: Axes) -> NDArray[np.float32]:
    """Residual of a whole image, in its own axis order; see `plane_residual`."""
    whole = np.zeros(image.shape, np.float32)
    for index in axes.planes(image.shape):
        whole[index] = axes.from_cyx(plane_residual(image, restored, task, axes, index))
    return whole


def autocorrelation(plane: NDArray[np.floating[Any]], where: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Autocorrelation of a plane (c, y, x), averaged over the channels; only pairs of pixels that are True in `where` (y, x) count.

    The table (REACH + 1, 2 REACH + 1) holds lags of 0 to REACH rows and -REACH to REACH columns. Lag 0 is at [0, REACH] and is 1.
    """
    shape = tuple(n + REACH for n in where.shape)  # padded, so that opposite edges are no neighbours
    pairs = _correlated(where.astype(np.float64), shape)
    total = np.zeros_like(pairs)
    for channel in plane:
        centred = np.where(where, channel - channel[where].mean(), 0.0)
        found = _correlated(centred, shape) / np.maximum(pairs, 1.0)
        total += found / max(found[0, REACH], np.finfo(float).tiny)
    return total / len(plane)


def structure(correlation: NDArray[np.float64], length: int) -> float:
    """Largest mean correlation of three neighbouring lags at which the noise is uncorrelated.

    `length` is the correlation length of the noise. Where it is above 1 some correlation is left there, so lags count from
    twice this length on.
    """
    rows, columns = np.mgrid[: REACH + 1, -REACH : REACH + 1]
    beyond = np.hypot(rows, columns) >= (1 if length <= 1 else min(2 * length, REACH - 1))
    down = np.stack([correlation[i : REACH - 1 + i] for i in range(3)]).mean(0)[beyond[: REACH - 1]]
    across = np.stack([correlation[:, i : 2 * REACH - 1 + i] for i in range(3)]).mean(0)
    free = np.logical_and.reduce([beyond[:, i : 2 * REACH - 1 + i] for i in range(3)])
    return float(max(0.0, down.max(initial=0.0), across[free].max(initial=0.0)))


def _correlated(channel: NDArray[np.float64], shape: tuple[int, ...]) -> NDArray[np.float64]:
    power = np.abs(np.fft.rfft2(channel, shape)) ** 2
    lags = np.fft.irfft2(power, shape)
    columns = np.arange(-REACH, REACH + 1) % shape[1]
    taken: NDArray[np.float64] = lags[: REACH + 1][:, columns]
    return taken
