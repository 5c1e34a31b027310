"""Garbage collection in the window's thread alone, while runs go on.

Python collects cyclic garbage in whichever thread happens to allocate. A closed panel is such garbage, and a widget deleted outside the
window's thread ends the program (PySide6). So automatic collection pauses while a run's thread works, and a timer of the window collects
instead, as pyqtgraph and others do.
"""

from __future__ import annotations

import gc

from qtpy.QtCore import QTimer

_INTERVAL = 1000
"""Milliseconds between two looks at how much there is."""


class WindowCollector:
    """Collects as long as somebody holds it. Window's thread only."""

    def __init__(self) -> None:
        self._holders: set[object] = set()
        self._timer: QTimer | None = None

    def hold(self, holder: object) -> None:
        """From now on garbage is collected by the window."""
        self._holders.add(holder)
        if self._timer is None and gc.isenabled():
            gc.disable()
            self._timer = QTimer()
            self._timer.timeout.connect(collect_due)
            self._timer.start(_INTERVAL)

    def let_go(self, holder: object) -> None:
        """Once nobody holds it, Python collects as before."""
        self._holders.discard(holder)
        if self._timer is not None and not self._holders:
            self._timer.stop()
            self._timer = None
            gc.enable()


def collect_due() -> None:
    """Collect the oldest generation that is full, as Python would have done."""
    due = [generation for generation, (count, limit) in enumerate(_fill()) if limit and count > limit]
    if due:
        gc.collect(max(due))


def _fill() -> list[tuple[int, int]]:
    return list(zip(gc.get_count(), gc.get_threshold(), strict=True))


COLLECTOR = WindowCollector()
"""The one of this process."""
