"""The offer to fit again with a mask that was painted on since the fit began."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from qtpy.QtWidgets import QFrame, QHBoxLayout, QPushButton

from napari_deep_prior._napari.widgets.layout import text
from napari_deep_prior._napari.widgets.rows import wrapped

if TYPE_CHECKING:
    from napari.layers import Layer


class ChangedMaskBar(QFrame):
    """A bar that appears when a layer used by the last run changes."""

    def __init__(self, again: Callable[[], None]) -> None:
        super().__init__()
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self._watched: list[Any] = []
        self.words = text()
        self.button = QPushButton("Fit again")
        self.button.setToolTip(wrapped("Fit with the layer as it is now, into the same result layer."))
        self.button.clicked.connect(lambda: again())
        row = QHBoxLayout(self)
        row.setContentsMargins(6, 4, 6, 4)
        row.addWidget(self.words, stretch=1)
        row.addWidget(self.button)
        self.hide()
        watched, changed = self._watched, self._changed
        self.destroyed.connect(lambda: _leave(watched, changed))

    def watch(self, layers: Iterable[Layer]) -> None:
        """Watch the layers of a new run; forget those of the run before."""
        _leave(self._watched, self._changed)
        self.hide()
        for layer in layers:
            for name in ("paint", "data"):
                if hasattr(layer.events, name):
                    emitter = getattr(layer.events, name)
                    emitter.connect(self._changed)
                    self._watched.append(emitter)

    def _changed(self, event: Any) -> None:
        self.words.setText(f"'{event.source.name}' has changed since the fit began.")
        self.show()


def _leave(watched: list[Any], changed: Callable[[Any], None]) -> None:
    for emitter in watched:
        emitter.disconnect(changed)
    watched.clear()
