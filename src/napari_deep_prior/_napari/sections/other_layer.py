"""The chooser of what a result is compared with: its source, or any other image of the same size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QSignalBlocker
from qtpy.QtWidgets import QComboBox

from napari_deep_prior._napari.layers.source import finest, of_kind
from napari_deep_prior._napari.widgets.rows import WheelGuard, shrinkable, wrapped

if TYPE_CHECKING:
    from napari.viewer import Viewer

    from napari.layers import Image

SOURCE = "its source"


class OtherLayer(QComboBox):
    """A list of layers, of which the first stands for the source."""

    def __init__(self, viewer: Viewer) -> None:
        super().__init__()
        self._viewer = viewer
        self._layers: list[Any] = []
        self._guard = WheelGuard(self)
        self.installEventFilter(self._guard)
        self.setAccessibleName("Compare with")
        self.setToolTip(
            wrapped(
                "What the result is compared with: its source, another result, or an image that you know to be right."
            )
        )
        shrinkable(self)
        self.offer(None)

    @property
    def layer(self) -> Any:
        """The layer that is chosen; None for the source."""
        return self._layers[self.currentIndex() - 1] if self.currentIndex() > 0 else None

    def offer(self, result: Image | None, source: Image | None = None) -> None:
        """List what this result can be compared with; what was chosen stays where it is offered still."""
        before, images = self.layer, of_kind(self._viewer, "image")
        self._layers = [layer for layer in images if result is not None and layer != source and _fits(layer, result)]
        with QSignalBlocker(self):
            self.clear()
            self.addItems([SOURCE, *(layer.name for layer in self._layers)])
            here = next((number for number, layer in enumerate(self._layers, 1) if layer == before), 0)
            self.setCurrentIndex(here)
        if here == 0 and before is not None:
            self.currentIndexChanged.emit(0)


def _fits(layer: Image, result: Image) -> bool:
    """Whether it lies pixel on pixel with the result, and is another one."""
    same = finest(layer).shape == finest(result).shape and layer.rgb == result.rgb
    return bool(layer != result and same)
