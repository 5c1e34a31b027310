"""The run in napari's own activity dock, beside whatever else napari is busy with."""

from __future__ import annotations

from napari.utils import progress
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QApplication, QLabel

_WHOLE = 1000
"""Parts the bar has."""

_LATER = 100
"""Milliseconds after a run has begun: the window is to draw what a click has changed before it makes a bar."""

_SLOW, _USUAL = 2, 100
"""Speeds of the turning sign beside "activity", in per cent. As it comes it has the whole window drawn anew thirty times a
second, and without a graphics card that takes half of a fit's time.
"""


class Activity:
    """A bar in the activity dock, from `begin` to `end`. Window's thread only."""

    def __init__(self, name: str) -> None:
        self._name, self._wanted = name, False
        self._bar: progress | None = None

    def begin(self) -> None:
        """Something is going on. Napari takes a tenth of a second to lay out a bar, and draws the canvas meanwhile."""
        self._wanted = True
        QTimer.singleShot(_LATER, self._open)

    def _open(self) -> None:
        if not self._wanted or self._bar is not None:
            return
        bar = progress(total=_WHOLE, desc=self._name)
        if self._wanted:
            self._bar = bar
            _turn(_SLOW)
        else:  # napari handles whatever is queued while it makes a bar, the end included
            bar.close()

    def show(self, done: float | None) -> None:
        """How much of it is done; None where that cannot be told."""
        if self._bar is not None and done is not None:
            self._bar.update(max(0, round(_WHOLE * done) - self._bar.n))

    def end(self) -> None:
        """It is over."""
        self._wanted = False
        if self._bar is not None:
            self._bar.close()
            _turn(_USUAL)
        self._bar = None


def _turn(speed: int) -> None:
    """Set the speed of the sign, which napari starts and stops."""
    for label in QApplication.allWidgets():
        if isinstance(label, QLabel) and type(label.parent()).__name__ == "ActivityToggleItem" and label.movie():
            label.movie().setSpeed(speed)
