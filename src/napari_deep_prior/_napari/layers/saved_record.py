"""A result opened from its file again: its record, and where it lies, which napari's own readers leave out.

A reader of our own would be the wrong way: napari would ask at every TIFF, whoever wrote it, which reader to take.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_deep_prior import files
from napari_deep_prior._napari.layers.source import KEY, PLACE, LayerData, axes_of, finest
from napari_deep_prior.files.picture import measured

if TYPE_CHECKING:
    from napari.viewer import Viewer

    from napari.layers import Image, Layer

Record = dict[str, Any]


def record_of(viewer: Viewer, layer: Layer | None) -> Record | None:
    """The record a layer carries, or that of the file it was opened from; then the layer is put where the result lay."""
    if layer is None:
        return None
    if KEY not in layer.metadata and layer.source.path is not None:
        path = Path(layer.source.path)
        layer.metadata[KEY] = record = _in_file(path)
        if record is not None:
            _look_as_before(layer, record.get("look"))
        if record is not None and _nowhere_yet(layer):
            _put_back(layer, record.get("place") or _pixels(path))
            if len(viewer.layers) == 1:
                viewer.reset_view()  # napari has just fitted it in, by its pixels
    found: Record | None = layer.metadata.get(KEY)
    return found


def placement_of(layer: Layer) -> dict[str, Any]:
    """Where a layer lies, as JSON can hold it."""
    numbers = {name: np.asarray(getattr(layer, name)).tolist() for name in ("scale", "translate", "rotate", "shear")}
    words = {"units": [str(unit) for unit in layer.units], "axis_labels": list(layer.axis_labels)}
    return {**numbers, "affine": layer.affine.affine_matrix.tolist(), **words}


def look_of(layer: Layer) -> dict[str, Any]:
    """How a layer is drawn, as JSON can hold it; empty for colours."""
    if layer.rgb:
        return {}
    limits = [float(value) for value in layer.contrast_limits]
    return {"colormap": layer.colormap.name, "contrast_limits": limits, "gamma": float(layer.gamma)}


def write_layer(layer: Image, record: Record | None, path: Path, *, ome_zarr: files.OmeZarr = files.NEWEST) -> None:
    """Save a layer with its place, and its record where there is one, replacing what is there.

    Raises
    ------
    OSError, ValueError
        If it cannot be written, or the format cannot hold it.
    """
    data = np.asarray(finest(layer))
    axes = record["axes"] if record else axes_of(layer.axis_labels, rgb=bool(layer.rgb))
    text = (
        None
        if record is None
        else json.dumps({**record, "place": placement_of(layer), "look": look_of(layer)}, indent=1)
    )
    files.write(path, data, like=_picture_of(layer, data, axes), record=text, overwrite=True, ome_zarr=ome_zarr)


def _picture_of(layer: Image, data: np.ndarray[Any, Any], axes: str) -> files.Picture:
    """A layer as files hold it: with the place of its first pixel, and of one channel its name and colour."""
    sizes, first = _placed(layer)
    picture = measured(data, axes, sizes, layer.units)
    known = {letter for letter, _, unit in picture.spacing() if unit != "pixel"}
    origin = {letter: place for letter, place in zip(axes, first, strict=False) if place and letter in known}
    if {"C", "S"} & set(axes):
        return dataclasses.replace(picture, origin=origin)
    return dataclasses.replace(picture, origin=origin, channels=(layer.name,), colours=_colour_of(layer))


def _placed(layer: Image) -> tuple[list[float], list[float]]:
    """Size of a pixel along each axis, and the place of the first; none where the layer is turned, which few files can hold."""
    to_world = LayerData.of(layer).to_world
    linear, first, scale = to_world[:-1, :-1], to_world[:-1, -1], np.asarray(layer.scale)
    steps = np.diagonal(linear)
    if not np.allclose(linear, np.diag(steps)) or (steps <= 0).any():
        return scale.tolist(), []
    return (scale if np.allclose(steps, scale) else steps).tolist(), first.tolist()  # the layer's own are not rounded


def _colour_of(layer: Image) -> tuple[str, ...]:
    """The colour of its brightest pixels, where the others are darker shades of it; none where it has several."""
    colours = np.asarray(layer.colormap.colors)[:, :3]
    if len(colours) != 2 or colours[0].any():
        return ()
    return ("".join(f"{round(255 * float(share)):02X}" for share in colours[1]),)


def _look_as_before(layer: Layer, look: object) -> None:
    """As it was drawn when it was saved, as far as this napari can."""
    if not isinstance(look, Mapping) or getattr(layer, "rgb", True):
        return
    for name in ("colormap", "contrast_limits", "gamma"):
        with contextlib.suppress(ValueError, TypeError, KeyError):  # a damaged file, or a colormap of another session
            if name in look:
                setattr(layer, name, look[name])


def _in_file(path: Path) -> Record | None:
    try:
        beside = files.sidecar(path)
        words = beside.read_text(encoding="utf-8") if beside.is_file() else files.read_record(path)
        found = None if words is None else json.loads(words)
    except (OSError, ValueError):  # a file of another kind, or another program's
        return None
    return found if isinstance(found, dict) and {"task", "settings", "planes"} <= found.keys() else None


def _nowhere_yet(layer: Layer) -> bool:
    """Whether the reader has left it at the origin with pixels of size 1; others know better than we do."""
    return bool(np.allclose(layer.scale, 1) and np.allclose(layer.translate, 0))


def _put_back(layer: Layer, place: Mapping[str, Any]) -> None:
    """Where the window saved it from; of a file from elsewhere at least the size of its pixels."""
    if len(place["scale"]) == layer.ndim:
        for name in PLACE:
            if name in place:
                setattr(layer, name, _given(place[name]))


def _given(value: Any) -> Any:
    """Lists of JSON as napari's setters want them."""
    return tuple(value) if all(isinstance(one, str) for one in value) else np.asarray(value)


def _pixels(path: Path) -> Mapping[str, Any]:
    steps = files.read(path).spacing()
    return {
        "scale": [size for _, size, _ in steps],
        "units": [unit for _, _, unit in steps],
        "axis_labels": [letter.lower() for letter, _, _ in steps],
    }
