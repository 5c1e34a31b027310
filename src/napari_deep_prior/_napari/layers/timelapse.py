"""The whole process of a run: as frames of a film, and as one array with the step as its first axis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from napari_deep_prior._napari.layers.captions import captioned, pixel_width
from napari_deep_prior._napari.layers.source import BY_PRODUCT, KEY
from napari_deep_prior.core.run.history import thin_evenly

if TYPE_CHECKING:
    from napari.viewer import Viewer

    from napari.layers import Image
    from napari_deep_prior.core.results import Snapshot

FRAMES = 150
"""As many pictures a film has at most."""


def of_one_plane(snapshots: Sequence[Snapshot], plane: int | None = None) -> list[Snapshot]:
    """Those of one plane, of the last one unless told."""
    wanted = snapshots[-1].plane if plane is None else plane
    return [snapshot for snapshot in snapshots if snapshot.plane == wanted]


def frames(snapshots: Sequence[Snapshot], layer: Image) -> list[NDArray[np.uint8]]:
    """As the layer shows them, with its contrast and colours, and below each its step and a scale bar; (y, x, 3)."""
    some = [snapshots[i] for i in thin_evenly([snapshot.shown_iteration for snapshot in snapshots], FRAMES)]
    pixel = pixel_width(layer)
    return [
        captioned(_displayed(snapshot.image, layer), f"step {snapshot.shown_iteration}", pixel)
        for snapshot in some
        if snapshot.image is not None
    ]


def _displayed(image: NDArray[np.float32], layer: Image) -> NDArray[np.uint8]:
    if layer.rgb:
        white = 1.0 if np.dtype(layer.dtype).kind == "f" else float(np.iinfo(layer.dtype).max)
        return _bytes(image / white)
    while image.ndim > 2:  # channels: the first
        image = image[0]
    low, high = layer.contrast_limits
    level = np.clip((image - low) / max(high - low, 1e-12), 0, 1) ** layer.gamma
    colours = np.asarray(layer.colormap.map(level.ravel())).reshape(*level.shape, 4)
    return _bytes(colours[..., :3])


def _bytes(levels: NDArray[Any]) -> NDArray[np.uint8]:
    return np.asarray(np.rint(255 * np.clip(levels, 0, 1)).astype(np.uint8))


def add_layer(viewer: Viewer, snapshots: Sequence[Snapshot], layer: Image) -> Image:
    """All snapshots of a plane as one layer, exactly over the result, the step as its first axis."""
    images = np.stack([snapshot.image for snapshot in snapshots if snapshot.image is not None])
    place = list(snapshots[0].index)
    wide = images[(slice(None), *(None if isinstance(at, int) else slice(None) for at in place))]
    corner = [at if isinstance(at, int) else 0 for at in place][: layer.ndim]
    look: dict[str, Any] = {
        "affine": _with_axis_before(layer, corner),
        "units": ("pixel", *layer.units),
        "axis_labels": ("step", *layer.axis_labels),
        "rgb": layer.rgb,
        "colormap": layer.colormap,
        "contrast_limits": layer.contrast_limits,
    }
    if layer.rgb:
        del look["colormap"], look["contrast_limits"]
        white = 1.0 if np.dtype(layer.dtype).kind == "f" else float(np.iinfo(layer.dtype).max)
        wide = np.clip(wide / white, 0, 1)  # colours as floats are drawn from 0 to 1
    record = {"steps": [snapshot.shown_iteration for snapshot in snapshots], **layer.metadata.get(KEY, {})}
    return viewer.add_image(wide, name=f"{layer.name} · process", metadata={KEY: record, BY_PRODUCT: "process"}, **look)


def _with_axis_before(layer: Image, corner: Sequence[int]) -> NDArray[np.float64]:
    """Where the layer lies, as one matrix with one more axis; its pixel `corner` is the first."""
    matrix = np.eye(layer.ndim + 2)
    origin = np.asarray(layer.data_to_world(np.zeros(layer.ndim)))
    for axis, unit in enumerate(np.eye(layer.ndim)):
        matrix[1:-1, 1 + axis] = np.asarray(layer.data_to_world(unit)) - origin
    matrix[1:-1, -1] = np.asarray(layer.data_to_world(np.asarray(corner, float)))
    return matrix
