"""Flux map: where a result is too dark or too bright for what was measured, over a whole image."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_deep_prior.core.data.axes import Axes, Index
from napari_deep_prior.core.diagnostics.local_flux import fluxes_of
from napari_deep_prior.core.diagnostics.residual import JudgedPlane
from napari_deep_prior.core.tasks import AbstractTask


def flux_map(image: Any, restored: NDArray[np.float32], task: AbstractTask, axes: Axes) -> NDArray[np.float32]:
    """Of the boxes around each pixel, the mean of what was taken away that is furthest from 0, in standard errors.

    Parameters
    ----------
    image, restored
        Before and after, in the image's axes.
    task, axes
        What was lost, and which axis is what.

    Returns
    -------
    ndarray
        float32, of the image's shape, the same in all channels. Above 0 the result is too dark there, below 0 too bright. 0 where
        nothing was measured, and in planes that were not restored.

    Notes
    -----
    See `core.diagnostics.local_flux` for what it says and what it does not. From 4 on it is more than chance makes.
    """
    whole = np.zeros(image.shape, np.float32)
    for index in axes.planes(image.shape):
        whole[index] = _of_plane(image, restored, task, axes, index)
    return whole


def _of_plane(
    image: Any, restored: NDArray[np.float32], task: AbstractTask, axes: Axes, index: Index
) -> NDArray[np.float32]:
    judged = JudgedPlane.of(image, restored, task, axes, index)
    masks, counts = judged.masks, judged.counts
    found = fluxes_of(judged.observed, judged.left, masks.known & masks.noisy, counts, masks.strength)
    maps = [np.zeros(counts.shape[-2:], np.float32) if flux is None else flux.map for flux in found]
    plane = np.stack(maps) if counts.ndim == 3 else maps[0]
    return axes.from_cyx(np.broadcast_to(plane, judged.observed.shape))
