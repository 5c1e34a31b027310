"""The pure-noise control in one click: what the same recipe draws where there is nothing but noise."""

from __future__ import annotations

import dataclasses
import logging
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from napari.qt.threading import create_worker
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QPushButton, QVBoxLayout, QWidget

from napari_deep_prior._napari.layers.neighbours import plane_number
from napari_deep_prior._napari.layers.source import KEY
from napari_deep_prior._napari.running.garbage import COLLECTOR
from napari_deep_prior._napari.widgets.layout import text
from napari_deep_prior._napari.widgets.rows import wrapped

if TYPE_CHECKING:
    from napari.viewer import Viewer

    from napari.layers import Layer
    from napari_deep_prior._napari.running.run import Run
    from napari_deep_prior.core.results import Snapshot

_START, _CANCEL = "Pure-noise control", "Cancel the control"

_TOOLTIP = (
    "Restores a flat field with this image's noise as the image was restored, and says what was drawn on it: "
    "structure as weak as that may be noise. Takes as long as one plane did. No layer changes; the result's record keeps what was found."
)

_BEGINS = "Noise alone is restored as the image was…"
CANCELLED = "The control was cancelled."
GOES_ON = "The run goes on. Wait for its end, or stop it first."

_LOOK = 100
"""Milliseconds between two looks at how far the thread is. It cannot tell the window: that may be closed at any moment."""


@dataclasses.dataclass(slots=True, eq=False)
class _Going:
    """A control that goes on: the thread writes the words, what was found for the record, and whether it is over."""

    words: str = _BEGINS
    found: str = ""
    over: bool = False
    cancelled: threading.Event = dataclasses.field(default_factory=threading.Event)


class NoiseControl(QWidget):
    """A button that starts the control of the followed run's result and cancels it, and what was found."""

    def __init__(self, viewer: Viewer) -> None:
        super().__init__()
        self._viewer = viewer
        self._run: Run | None = None
        self._like: tuple[int | slice, ...] = ()
        self._going: _Going | None = None
        self._layer: Layer | None = None  # of the result that it is about
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._look)
        self.button = QPushButton(_START)
        self.button.setToolTip(wrapped(_TOOLTIP))
        self.button.clicked.connect(lambda: self.press())
        self.words = text()
        self.words.setAccessibleName("Pure-noise control")
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.addWidget(self.button)
        rows.addWidget(self.words)
        self._say("")

    def follow(self, run: Run) -> None:
        """Another run: what was said of the one before it goes, and its control with it."""
        self._cancel("")
        self._run, self._like = run, ()

    def progress(self, snapshot: Snapshot) -> None:
        """Which axes count planes."""
        self._like = snapshot.index

    def press(self) -> None:
        """Start, or cancel what goes on."""
        if self._going is not None:
            self._cancel(CANCELLED)
        elif self._run is not None and self._run.active:
            self._say(GOES_ON)
        elif self._run is not None:
            self._start(self._run)

    def _start(self, run: Run) -> None:
        layer = None if run.live is None else run.live.layer
        plane = None if layer is None else plane_number(self._viewer, layer, self._like)
        self._layer = layer
        self._going = going = _Going()
        self.destroyed.connect(going.cancelled.set)
        self.button.setText(_CANCEL)
        self._say(going.words)
        self._timer.start(_LOOK)
        COLLECTOR.hold(going)
        create_worker(_controlled, run, plane, going, _connect={"finished": lambda: COLLECTOR.let_go(going)})

    def _look(self) -> None:
        if (going := self._going) is None:
            return
        over = going.over  # before the words, which are there once it is
        self._say(going.words)
        if over:
            self._record(going.found)
            self._rest()

    def _record(self, found: str) -> None:
        """In the record of the result, which is saved with it."""
        record = None if self._layer is None else self._layer.metadata.get(KEY)
        if self._layer is not None and record and found and found not in record.get("notes", ()):
            self._layer.metadata[KEY] = {**record, "notes": [*record.get("notes", ()), found]}

    def _cancel(self, words: str) -> None:
        if self._going is not None:
            self._going.cancelled.set()
        self._rest()
        self._say(words)

    def _rest(self) -> None:
        self._going = None
        self._timer.stop()
        self.button.setText(_START)

    def _say(self, words: str) -> None:
        self.words.setText(words)
        self.words.setVisible(bool(words))


def _controlled(run: Run, plane: int | None, going: _Going) -> None:
    """What was found, or why nothing was. Nothing is raised: napari's handler fails under PySide6."""

    def watch(fit: Any) -> Iterator[Snapshot]:
        for snapshot in fit:
            if going.cancelled.is_set():
                fit.stop()
            going.words = f"{_BEGINS} Step {snapshot.iteration}."
            yield snapshot

    try:
        found = run.pure_noise(plane or 0, watch)
        place = [] if plane is None else [f"Plane {plane + 1}:"]
        going.words = " ".join([*place, *found])
        going.found = " ".join(["Pure-noise control.", *place, *found[:1]])
    except Exception as error:
        logging.getLogger(__name__).warning("The pure-noise control failed.", exc_info=error)
        going.words = f"The control failed: {error}"
    going.over = True
