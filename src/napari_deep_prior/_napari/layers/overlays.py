"""Layers that go with a result: uncertainty, residual, invented pixels, exactly over it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from napari_deep_prior._napari.layers.source import BY_PRODUCT, PLACE

if TYPE_CHECKING:
    from napari.viewer import Viewer

    from napari.layers import Layer


class Overlays:
    """At most one layer per name, of one result."""

    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer
        self._layers: dict[str, Layer] = {}

    def show(self, name: str, array: NDArray[Any], over: Layer, display: Mapping[str, Any]) -> None:
        """Show an array over a result, where `display` says; again with another array where it is shown already."""
        flat = _without_colours(array) if display["rgb"] else array
        layer = self._layers.get(name)
        if layer is not None and layer in self._viewer.layers:
            layer.data = flat.astype(np.uint8) if flat.dtype == np.bool_ else flat
            return
        place = {key: display[key] for key in PLACE}
        title, told = f"{over.name} · {name}", {BY_PRODUCT: name}
        if array.dtype == np.bool_:
            self._layers[name] = self._viewer.add_labels(flat.astype(np.uint8), name=title, metadata=told, **place)
        else:
            layer = self._viewer.add_image(flat, name=title, metadata=told, **place, **_look(flat))
            if hasattr(layer, "colorbar"):  # newer than some versions of napari
                layer.colorbar.visible = True  # what is the same everywhere would be one colour without a word
            self._layers[name] = layer
        self._viewer.layers.selection = {over}

    def hide(self, name: str) -> None:
        """Take it away."""
        layer = self._layers.pop(name, None)
        if layer is not None and layer in self._viewer.layers:
            self._viewer.layers.remove(layer)

    def forget(self) -> None:
        """Leave the layers to the user."""
        self._layers = {}


def _without_colours(array: NDArray[Any]) -> NDArray[Any]:
    """One value per pixel: anywhere true, or the mean of the colours."""
    return np.asarray(array.any(axis=-1) if array.dtype == np.bool_ else array.mean(axis=-1))


def _look(array: NDArray[Any]) -> dict[str, Any]:
    """Grey about zero for what goes both ways, a scale from zero for what does not."""
    finite = array[np.isfinite(array)]
    most = float(np.percentile(np.abs(finite), 99.5)) if finite.size else 0.0
    most = most or 1.0
    if finite.size and finite.min() < 0:
        return {"colormap": "gray", "contrast_limits": (-most, most)}
    return {"colormap": "magma", "contrast_limits": (0.0, most)}
