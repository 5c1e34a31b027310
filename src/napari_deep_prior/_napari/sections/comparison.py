"""Source against result: one at a time, blinking, side by side or behind a curtain; then all as it was before."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QTimer

from napari_deep_prior._napari.sections.curtain import Curtain, camera_of

if TYPE_CHECKING:
    from napari.viewer import Viewer

    from napari.layers import Image

KEY = "B"
"""Hold it to see the source ("before"); bound to the result layer, so it does nothing elsewhere."""

_BLINK = 600
"""Milliseconds each of the two is shown."""


class Former:
    """What the viewer showed before: which layers, and the grid."""

    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer
        self._visible = {layer: layer.visible for layer in viewer.layers}
        self._grid = {name: getattr(grid_of(viewer), name) for name in ("enabled", "shape", "stride")}
        self._selected = set(viewer.layers.selection)
        self._camera = {name: getattr(camera_of(viewer), name) for name in ("center", "zoom")}

    def restore(self) -> None:
        """As it was; layers that went meanwhile stay away."""
        for layer, visible in self._visible.items():
            if layer in self._viewer.layers:
                layer.visible = visible
        if grid_of(self._viewer).enabled and not self._grid["enabled"]:
            for name, value in self._camera.items():
                setattr(camera_of(self._viewer), name, value)
        for name, value in self._grid.items():
            setattr(grid_of(self._viewer), name, value)
        self._viewer.layers.selection = {layer for layer in self._selected if layer in self._viewer.layers}


def grid_of(viewer: Viewer) -> Any:
    """Napari's grid of canvases, which has moved in 0.9."""
    return viewer.canvas.grid if hasattr(viewer, "canvas") else viewer.grid


class Comparison:
    """Two layers in one viewer; every way of comparing them ends with `end`, which puts all back.

    Parameters
    ----------
    source, result
        The layer that is compared with, and the one that is compared.
    moved
        Hears where the curtain is dragged to.
    """

    def __init__(self, viewer: Viewer, source: Image, result: Image, moved: Callable[[float], None]) -> None:
        self._viewer, self._source, self._result, self._moved = viewer, source, result, moved
        self._former: Former | None = None
        self._curtain: Curtain | None = None
        self._limits = source.contrast_limits
        self._timer = QTimer()
        self._timer.setInterval(_BLINK)
        self._timer.timeout.connect(self._turn)
        result.bind_key(KEY, self._held, overwrite=True)

    @property
    def possible(self) -> bool:
        """Whether both layers are still there."""
        return self._source in self._viewer.layers and self._result in self._viewer.layers

    @property
    def running(self) -> bool:
        """Whether something is shown for the comparison's sake."""
        return self._former is not None

    def source_only(self) -> None:
        """The source in place of the result."""
        if self._begin():
            self._show(source=True)

    def blink(self) -> None:
        """The one and the other in turn."""
        if self._begin():
            self._show(source=True)
            self._timer.start()

    def side_by_side(self) -> None:
        """Both, and nothing else, in a grid; napari links its cameras."""
        if self._begin():
            grid = grid_of(self._viewer)
            grid.shape, grid.stride, grid.enabled = (1, 2), 1, True
            self._viewer.reset_view()  # each has half the width now

    def curtain(self, share: float) -> None:
        """The source over the left `share` of the result; call again to move it."""
        if self._curtain is not None:
            self._curtain.draw(share)
        elif self._begin():
            self._curtain = Curtain(self._viewer, self._source, self._moved)
            self._curtain.draw(share)
            self._source.visible = False
            self._viewer.layers.selection = {self._result}

    def end(self) -> None:
        """Everything as it was before."""
        self._timer.stop()
        if self._curtain is not None:
            self._curtain.end()
        self._curtain = None
        if self._former is not None:
            self._former.restore()
            self._former = None
            self._source.contrast_limits = self._limits

    def _begin(self) -> bool:
        self.end()
        if self.possible:
            self._former = Former(self._viewer)
            for layer in self._viewer.layers:
                layer.visible = layer in (self._source, self._result)  # napari hands out proxies: never compare by "is"
            self._limits = self._source.contrast_limits
            if _covers(self._limits, self._result.contrast_limits):
                self._source.contrast_limits = self._result.contrast_limits
        return self._former is not None

    def _show(self, *, source: bool) -> None:
        self._source.visible, self._result.visible = source, not source

    def _turn(self) -> None:
        if self.possible:
            self._show(source=not self._source.visible)
        else:
            self.end()

    def _held(self, _: Image) -> Iterator[None]:
        self.source_only()
        yield
        self.end()


def _covers(wide: Sequence[float], narrow: Sequence[float]) -> bool:
    """Whether limits of contrast hold others: those of a source that a few pixels far off make black, but not those of other units."""
    return wide[0] <= narrow[0] < narrow[1] <= wide[1]
