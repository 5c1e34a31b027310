"""A result layer remembers how it was made: select it, and the panel offers to do the same again."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qtpy.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout

from napari_deep_prior import files
from napari_deep_prior._napari import ways
from napari_deep_prior._napari.layers import KEY
from napari_deep_prior._napari.panel import text
from napari_deep_prior._napari.rows import wrapped
from napari_deep_prior._napari.saving import SaveButton
from napari_deep_prior._napari.sharing import ShareButton, Shared

if TYPE_CHECKING:
    from napari.layers import Layer
    from napari.viewer import Viewer

Record = dict[str, Any]


def record_of(layer: Layer | None) -> Record | None:
    """The record a layer carries, or that of the file it was opened from, which napari's readers leave behind."""
    if layer is None:
        return None
    if KEY not in layer.metadata and layer.source.path is not None:
        layer.metadata[KEY] = _in_file(Path(layer.source.path))
    found: Record | None = layer.metadata.get(KEY)
    return found


def _in_file(path: Path) -> Record | None:
    try:
        beside = files.sidecar(path)
        words = beside.read_text(encoding="utf-8") if beside.is_file() else files.read_record(path)
        found = None if words is None else json.loads(words)
    except (OSError, ValueError):  # a file of another kind, or another program's
        return None
    return found if isinstance(found, dict) and {"task", "settings", "planes"} <= found.keys() else None


class Recall(QFrame):
    """In sight while a layer with a record is selected."""

    def __init__(
        self, viewer: Viewer, tasks: Mapping[str, Any], use: Callable[[Record], None], say: Callable[[str], None]
    ) -> None:
        super().__init__()
        self._viewer, self._tasks, self._use = viewer, tasks, use
        self.share = ShareButton(self._shared, say)
        self.save = SaveButton(viewer, lambda: self.record, say)
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.record: Record | None = None
        self.words = text()
        self.button = QPushButton("Use these settings")
        self.button.setToolTip(wrapped("Put the task, the layers and all settings that made this layer into the form."))
        self.button.clicked.connect(self._pressed)
        rows, buttons = QVBoxLayout(self), QHBoxLayout()
        rows.setContentsMargins(6, 4, 6, 4)
        rows.addWidget(self.words)
        rows.addLayout(buttons)
        for widget in (self.button, self.share, self.save):
            buttons.addWidget(widget)
        buttons.addStretch(1)
        selected, look = viewer.layers.selection.events.active, self.look
        selected.connect(look)
        self.destroyed.connect(lambda: selected.disconnect(look))  # napari would go on calling what Qt has deleted
        self.look()

    def look(self, _: object = None) -> None:
        """Another layer is selected, or a result has come."""
        layer = self._viewer.layers.selection.active
        self.record = record_of(layer)
        if self.record is not None and layer is not None:
            self.words.setText(f"'{layer.name}' is a result.")
        self.setVisible(self.record is not None)

    def _pressed(self) -> None:
        if self.record is not None:
            self._use(self.record)

    def _shared(self) -> Shared:
        return ways.of_record(self.record or {}, self._tasks, self._viewer)
