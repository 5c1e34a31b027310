"""The section that compares the result with its source."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from qtpy.QtCore import QEvent, QObject, Qt
from qtpy.QtGui import QKeyEvent
from qtpy.QtWidgets import QGridLayout, QPushButton, QSlider, QWidget

from napari_deep_prior._napari.sections._base import Awaiting
from napari_deep_prior._napari.sections.comparison import KEY, Comparison
from napari_deep_prior._napari.widgets.rows import WheelGuard, wrapped

if TYPE_CHECKING:
    from napari.viewer import Viewer

    from napari.layers import Image

EMPTY = "Once a run goes on, compare its layer with the source here."


class ComparePanel(Awaiting):
    """A button to hold, three that stay down, and the curtain's slider; `hold` is laid out by whoever makes this."""

    def __init__(self, viewer: Viewer, panel: QWidget) -> None:
        super().__init__(EMPTY)
        self._viewer = viewer
        self._comparison: Comparison | None = None
        self._guard = WheelGuard(self)
        self.hold = QPushButton(f"Hold to compare ({KEY})")
        self.hold.setToolTip(
            wrapped(f"The source as long as you hold it; so does the key {KEY} on the result's layer.")
        )
        self.hold.pressed.connect(lambda: self._start("source_only"))
        self.hold.released.connect(self.end)
        self.modes = {
            "blink": _toggle("Blink", "Source and result in turn."),
            "side_by_side": _toggle("Side by side", "Both in a grid; moving one moves the other."),
            "curtain": _toggle("Curtain", "The source over the left part of the result."),
        }
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, 100)
        self.slider.setValue(50)
        self.slider.setAccessibleName("Place of the curtain")
        self.slider.setToolTip(wrapped("How far the source reaches over the result."))
        self.slider.valueChanged.connect(self._move)
        self.slider.installEventFilter(self._guard)
        self.contain(self._laid_out())
        for name, button in self.modes.items():
            button.clicked.connect(partial(self._toggled, name, button))
        panel.installEventFilter(self)
        self.follow(None, None)

    def _laid_out(self) -> QWidget:
        holder = QWidget()
        grid = QGridLayout(holder)
        grid.setContentsMargins(0, 0, 0, 0)
        for column, button in enumerate(self.modes.values()):
            grid.addWidget(button, 0, column)
        grid.addWidget(self.slider, 1, 0, 1, 3)
        return holder

    def follow(self, source: Image | None, result: Image | None) -> None:
        """Compare these two from now on; None ends it."""
        self.end()
        there = source is not None and result is not None
        self._comparison = (
            Comparison(self._viewer, source, result) if source is not None and result is not None else None
        )
        self.show_content(there)
        self.hold.setEnabled(there)

    def end(self) -> None:
        """Everything as it was before."""
        if self._comparison is not None:
            self._comparison.end()
        for button in self.modes.values():
            button.setChecked(False)
        self.slider.setVisible(False)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The key held anywhere in the panel where it types nothing."""
        if isinstance(event, QKeyEvent) and event.text().upper() == KEY and self._comparison is not None:
            if event.type() == QEvent.Type.KeyPress and not event.isAutoRepeat():
                self._start("source_only")
            elif event.type() == QEvent.Type.KeyRelease and not event.isAutoRepeat():
                self.end()
            return True
        return False

    def hideEvent(self, event: QEvent) -> None:
        """Nobody could end it any more."""
        self.end()
        super().hideEvent(event)

    def _toggled(self, name: str, button: QPushButton, *_: object) -> None:
        down = button.isChecked()  # PySide6 does not hand the state to every kind of callable
        self.end()
        if down:
            self._start(name)

    def _start(self, name: str) -> None:
        if self._comparison is None or not self._comparison.possible:
            return
        for other, button in self.modes.items():
            button.setChecked(other == name)
        self.slider.setVisible(name == "curtain")
        if name == "curtain":
            self._comparison.curtain(self.slider.value() / 100)
        else:
            getattr(self._comparison, name)()

    def _move(self, percent: int) -> None:
        if self._comparison is not None and self.modes["curtain"].isChecked():
            self._comparison.curtain(percent / 100)


def _toggle(words: str, tooltip: str) -> QPushButton:
    button = QPushButton(words)
    button.setCheckable(True)
    button.setToolTip(wrapped(tooltip))
    return button
