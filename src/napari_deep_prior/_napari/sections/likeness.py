"""How like a result is to a layer one knows: PSNR and SSIM on the plane in view."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from napari_deep_prior._napari.layers.source import finest

if TYPE_CHECKING:
    from napari.viewer import Viewer

    from napari.layers import Image

_WINDOW = 7
"""Pixels a side over which SSIM looks, as in scikit-image."""


def likeness_words(viewer: Viewer, result: Image, reference: Image) -> str:
    """Both numbers in words. The reference is taken for the truth, in the same units; its range is that of the numbers."""
    from skimage.metrics import structural_similarity

    seen, truth = (plane_in_view(viewer, layer) for layer in (result, reference))
    both = np.isfinite(seen) & np.isfinite(truth)
    extent = float(np.ptp(truth[both])) if both.any() else 0.0
    if not extent:
        return f"'{reference.name}' is flat where it is looked at: nothing can be measured by it."
    error = float(np.mean(np.square(seen[both] - truth[both])))
    words = "no difference" if not error else f"PSNR {10 * math.log10(extent**2 / error):.2f} dB"
    if both.all() and min(seen.shape[: 3 if not result.rgb else 2]) >= _WINDOW:
        colours = -1 if result.rgb else None
        alike = structural_similarity(truth, seen, win_size=_WINDOW, data_range=extent, channel_axis=colours)
        words += f", SSIM {float(alike):.3f}"
    return f"Against '{reference.name}' on the plane in view: {words}."


def plane_in_view(viewer: Viewer, layer: Image) -> NDArray[np.float64]:
    """What is looked at of a layer: along the axes that are not shown, the place the sliders are at."""
    data: Any = finest(layer)
    here = np.rint(np.asarray(layer.world_to_data(viewer.dims.point)[-layer.ndim :])).astype(int)
    shown = [axis - (viewer.dims.ndim - layer.ndim) for axis in viewer.dims.displayed]
    index = tuple(
        slice(None) if axis in shown else int(np.clip(here[axis], 0, data.shape[axis] - 1))
        for axis in range(layer.ndim)
    )
    return np.asarray(data[index], np.float64)
