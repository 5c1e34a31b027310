"""Garbage collection in the window's thread alone, while runs go on.

Python collects cyclic garbage in whichever thread happens to allocate. A closed panel is such garbage, and a widget deleted outside the
window's thread ends the program (PySide6). So automatic collection pauses while a run's thread works, and a timer of the window collects
instead, as pyqtgraph and others do.
"""

from __future__ import annotations

import atexit
import gc
from functools import partial

from qtpy.QtCore import QTimer

_INTERVAL = 1000
"""Milliseconds between two looks at how much there is."""

_REST = 3000
"""Milliseconds after a run in which Python does not collect by itself yet: all that is due would stop the window for 0.3 s as the
result comes."""

_YOUNG, _ALL = 1, 2
"""Generations."""

_GROWTH = 1.25
"""By which factor old objects must have become more before all are collected, which takes the window 0.2 s. Python has the same rule."""


class WindowCollector:
    """Collects as long as somebody holds it. Window's thread only."""

    def __init__(self) -> None:
        self._holders: set[object] = set()
        self._timer: QTimer | None = None
        self._old, self._counted_at = 0, 0

    def hold(self, holder: object) -> None:
        """From now on garbage is collected by the window."""
        self._holders.add(holder)
        if self._timer is None and gc.isenabled():
            gc.disable()
            self._timer = QTimer()
            self._timer.timeout.connect(self._collect_due)
            self._timer.start(_INTERVAL)

    def let_go(self, holder: object) -> None:
        """Some seconds after nobody holds it, Python collects as before."""
        self._holders.discard(holder)
        QTimer.singleShot(_REST, self.rest)

    def rest(self) -> None:
        """Python collects as before, unless somebody holds it. Called at once where there is no window left to be stopped."""
        if self._timer is not None and not self._holders:
            self._timer.stop()
            self._timer = None
            gc.enable()

    def end(self) -> None:
        """The program ends: without this, what is garbage by then would be deleted after the application that it belongs to."""
        self._holders.clear()
        self.rest()

    def spare_this_turn(self) -> None:
        """Collect nothing in what the window's thread is at now, such as a click that makes much: all would be due in its midst."""
        turn = object()
        self.hold(turn)
        QTimer.singleShot(0, partial(self.let_go, turn))

    def _collect_due(self) -> None:
        """Collect the oldest generation that is full, as Python would have done."""
        due = [generation for generation, (count, limit) in enumerate(_fill()) if limit and count > limit]
        if due:
            gc.collect(_ALL if due[-1] == _ALL and self._grown() else min(due[-1], _YOUNG))

    def _grown(self) -> bool:
        """Whether old objects are many more than when all were collected last; counted seldom, since that takes a while as well."""
        since, limit = gc.get_count()[_ALL], gc.get_threshold()[_ALL]
        if self._counted_at <= since < self._counted_at + limit:
            return False
        old, self._counted_at = len(gc.get_objects(generation=_ALL)), since
        grown = old > _GROWTH * self._old > 0
        self._old = old if grown or not self._old else min(self._old, old)
        return grown


def _fill() -> list[tuple[int, int]]:
    return list(zip(gc.get_count(), gc.get_threshold(), strict=True))


COLLECTOR = WindowCollector()
"""The one of this process."""

atexit.register(COLLECTOR.end)  # before Qt's own, which was registered earlier
