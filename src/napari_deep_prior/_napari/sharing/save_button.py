"""A result saved as it should be: with its axes, its pixel size and its record, which napari's own writers leave out."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtWidgets import QFileDialog, QPushButton

from napari_deep_prior import files
from napari_deep_prior._napari.layers.saved_record import Record, placement_of
from napari_deep_prior._napari.layers.source import finest
from napari_deep_prior._napari.widgets.rows import wrapped
from napari_deep_prior.files.picture import measured

if TYPE_CHECKING:
    from napari.viewer import Viewer

    from napari.layers import Image


class SaveButton(QPushButton):
    """Asks where to, and saves the selected result there."""

    def __init__(self, viewer: Viewer, record: Callable[[], Record | None], say: Callable[[str], None]) -> None:
        super().__init__("Save…")
        self._viewer, self._record, self._say = viewer, record, say
        self.setToolTip(wrapped("Save the selected result as a TIFF with axes, pixel size and the record of its run."))
        self.clicked.connect(lambda: self.save())

    def save(self) -> None:
        """Ask, save, and say where."""
        layer, record = self._viewer.layers.selection.active, self._record()
        if layer is None or record is None:
            return
        name = f"{layer.name}.tif".replace(" · ", "-").replace("/", "-")
        path, _ = QFileDialog.getSaveFileName(self, "Save the result", name, "Images (*.tif *.tiff *.png)")
        if path:
            self._say(saved(layer, record, Path(path)))


def saved(layer: Image, record: Record, path: Path) -> str:
    """Save a layer with its record; says how it went."""
    path = path if path.suffix else path.with_suffix(".tif")
    data = np.asarray(finest(layer))
    like = measured(data, record["axes"], layer.scale, layer.units)
    words = json.dumps({**record, "place": placement_of(layer)}, indent=1)
    try:
        files.write(path, data, like=like, record=words, overwrite=True)
    except (OSError, ValueError) as error:
        return f"It could not be saved: {error}"
    return f"Saved {path.name} and its record {files.sidecar(path).name}."
