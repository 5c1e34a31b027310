"""The curtain: a layer over the left part of another, with a line at its edge that is dragged with the mouse."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_deep_prior._napari.layers.source import BY_PRODUCT, CARRIED, finest

if TYPE_CHECKING:
    from napari.viewer import Viewer

    from napari.layers import Image

_REACH, _WIDTH = 10, 3
"""Pixels on the screen: from how far the line is taken hold of, and how wide it is."""


class Curtain:
    """Shown from the first `draw` until `end`.

    Parameters
    ----------
    source
        The layer that is the curtain.
    moved
        Hears where the line is dragged to: the share of the picture to its left.
    """

    def __init__(self, viewer: Viewer, source: Image, moved: Callable[[float], None]) -> None:
        self._viewer, self._source, self._moved = viewer, source, moved
        self._until = 1
        self._layer: Any = None
        self._line: Any = None
        self._panned = bool(camera_of(viewer).mouse_pan)
        shown, flat = viewer.dims.displayed, viewer.dims.ndim - 2
        self._axis = shown[-1] - (viewer.dims.ndim - source.ndim)
        self._has_line = tuple(shown) == (flat, flat + 1)  # a line has the viewer's last two axes

    def draw(self, share: float) -> None:
        """Over the left `share` of the picture."""
        data = finest(self._source)
        self._until = max(1, round(share * data.shape[self._axis]))
        left = data[(slice(None),) * self._axis + (slice(0, self._until),)]  # a view: nothing is read or copied
        if self._layer is None:
            self._add(left)
        elif self._layer in self._viewer.layers:
            self._layer.data = left
        if self._line is not None and self._line in self._viewer.layers:
            self._line.data = [self._ends()]

    def end(self) -> None:
        """As if it had never been there."""
        for callbacks, callback in self._callbacks():
            if callback in callbacks:
                callbacks.remove(callback)
        camera_of(self._viewer).mouse_pan = self._panned
        for layer in (self._layer, self._line):
            if layer is not None and layer in self._viewer.layers:
                self._viewer.layers.remove(layer)
        self._layer = self._line = None

    def _add(self, left: Any) -> None:
        look = {name: getattr(self._source, name) for name in CARRIED}
        look["blending"] = "opaque"  # what lies below would add to it
        name, told = f"{self._source.name} | before", {BY_PRODUCT: "curtain"}
        self._layer = self._viewer.add_image(left, name=name, metadata=told, **look)
        if not self._has_line:
            return
        from napari.utils.theme import get_theme

        self._line = self._viewer.add_shapes(
            [self._ends()],
            shape_type="line",
            name=f"{self._source.name} | edge",
            metadata={BY_PRODUCT: "edge"},
            edge_color=get_theme(self._viewer.theme).warning.as_hex(),
            edge_width=_WIDTH / camera_of(self._viewer).zoom,
            units=self._source.units[-2:],
            axis_labels=self._source.axis_labels[-2:],
        )
        for callbacks, callback in self._callbacks():
            callbacks.append(callback)

    def _callbacks(self) -> Sequence[tuple[Any, Any]]:
        viewer = self._viewer
        return (viewer.mouse_move_callbacks, self._hover), (viewer.mouse_drag_callbacks, self._drag)

    def _ends(self) -> Any:
        """Of the line, in the world's last two axes."""
        size, rows = finest(self._source).shape, self._axis - 1
        ends = np.zeros((2, self._source.ndim))
        ends[:, rows] = -0.5, size[rows] - 0.5
        ends[:, self._axis] = self._until - 0.5
        return np.asarray([self._source.data_to_world(end)[-2:] for end in ends])

    def _place(self, position: Sequence[float]) -> float:
        """How many pixels lie to the left of a place of the world."""
        return float(self._source.world_to_data(position[-self._source.ndim :])[self._axis]) + 0.5

    def _near(self, position: Sequence[float]) -> bool:
        """Whether it is on the line, or as good as."""
        step = np.eye(self._source.ndim)[self._axis]
        first, second = (np.asarray(self._source.data_to_world(at)) for at in (0 * step, step))
        pixel = float(np.linalg.norm(second - first)) * camera_of(self._viewer).zoom
        return bool(abs(self._place(position) - self._until) * pixel <= _REACH)

    def _hover(self, _: Viewer, event: Any) -> None:
        """Where the line can be taken hold of, the mouse does not move the picture."""
        camera_of(self._viewer).mouse_pan = self._panned and not self._near(event.position)

    def _drag(self, _: Viewer, event: Any) -> Iterator[None]:
        if not self._near(event.position):
            return
        yield
        while event.type == "mouse_move":
            share = self._place(event.position) / finest(self._source).shape[self._axis]
            self._moved(min(max(share, 0.0), 1.0))
            yield


def camera_of(viewer: Viewer) -> Any:
    """Napari's camera, which has moved in 0.9."""
    return viewer.scene.camera if hasattr(viewer, "scene") else viewer.camera
