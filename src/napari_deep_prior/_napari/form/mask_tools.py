"""Buttons below the mask chooser: a new mask to paint on, and the search for bad pixels."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.qt.threading import create_worker
from numpy.typing import NDArray
from qtpy.QtWidgets import QHBoxLayout, QMenu, QPushButton, QWidget

from napari_deep_prior._napari.layers.masks import bad_pixels, counted, place_over, said, shape_over
from napari_deep_prior._napari.layers.source import Source
from napari_deep_prior._napari.widgets.rows import wrapped

if TYPE_CHECKING:
    from napari.viewer import Viewer

    from napari.layers import Image, Labels
    from napari_deep_prior._napari.engine import Engine

_BRUSH = 0.02
"""Diameter of the brush, as a fraction of the image's height."""


class MaskTools(QWidget):
    """Makes labels layers over the chosen image and hands each to `use`."""

    def __init__(
        self,
        viewer: Viewer,
        engine: Engine,
        image: Callable[[], Image | None],
        use: Callable[[Labels], None],
        say: Callable[[str], None],
    ) -> None:
        super().__init__()
        self._viewer, self._engine = viewer, engine
        self._image, self._use, self._say = image, use, say
        self.new = QPushButton("New mask")
        self.new.setToolTip(wrapped("An empty labels layer over the image, with the brush in hand: paint what is bad."))
        self.new.clicked.connect(lambda: self.paint())
        self.find = QPushButton("Find bad pixels")
        self.find.setToolTip(wrapped("Marks pixels that say nothing of the object, in a new labels layer."))
        self.find.clicked.connect(lambda: self.search())
        choice = QPushButton("Kinds…")
        choice.setToolTip(wrapped("Which kinds of bad pixels to look for."))
        menu = QMenu(self)
        self.kinds = {kind: menu.addAction(said(kind)) for kind in engine.bad_pixel_kinds}
        for action in self.kinds.values():
            action.setCheckable(True)
            action.setChecked(True)
        choice.setMenu(menu)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        for button in (self.new, self.find, choice):
            row.addWidget(button)
        row.addStretch(1)

    def paint(self) -> None:
        """Add an empty mask over the image, select it and take the brush."""
        if (source := self._source()) is None:
            return
        layer = self._add(source, np.zeros(shape_over(source), np.uint8), f"mask of {source.placed.name}")
        layer.brush_size = max(1, round(_BRUSH * layer.data.shape[-2]))
        layer.mode = "paint"
        self._viewer.layers.selection.active = layer
        self._say("Paint on the image what is to be filled in, then press Run.")

    def search(self) -> None:
        """Look for bad pixels in a thread, because a long stack takes a while."""
        if (source := self._source()) is None:
            return
        kinds = [kind for kind, action in self.kinds.items() if action.isChecked()]
        self.find.setEnabled(False)
        self._say(f"Looking for bad pixels in '{source.placed.name}'…")
        create_worker(
            _searched,
            self._engine,
            source,
            kinds,
            _connect={"returned": partial(self._found, source), "finished": self._ready},
        )

    def _source(self) -> Source | None:
        if (image := self._image()) is None:
            self._say("There is no image yet. Open one first.")
            return None
        try:
            return Source.of(image)
        except ValueError as refusal:
            self._say(str(refusal))
            return None

    def _found(self, source: Source, labels: NDArray[np.uint8] | str) -> None:
        if isinstance(labels, str):
            self._say(labels)
            return
        if labels.any():
            kinds = {"index": range(1, len(self.kinds) + 1), "kind": [said(kind) for kind in self.kinds]}
            self._add(source, labels, f"bad pixels of {source.placed.name}", features=kinds)
        self._say(counted(labels, list(self.kinds), source.placed.name))

    def _ready(self) -> None:
        self.find.setEnabled(True)

    def _add(self, source: Source, labels: NDArray[np.uint8], name: str, **more: Any) -> Labels:
        layer: Labels = self._viewer.add_labels(labels, name=name, **place_over(source), **more)
        self._use(layer)
        return layer


def _searched(engine: Engine, source: Source, kinds: list[str]) -> NDArray[np.uint8] | str:
    """The labels, or a message that says why there are none. Nothing is raised: napari's handler fails under PySide6."""
    try:
        return bad_pixels(engine, source, kinds)
    except Exception as error:
        logging.getLogger(__name__).warning("The search for bad pixels failed.", exc_info=error)
        return f"The search failed: {error}"
