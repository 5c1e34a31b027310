"""How long the window's event loop is away: a 10 ms timer notes when it is called. Run as a script it prints a table."""

from __future__ import annotations

import time

from qtpy.QtCore import Qt, QTimer


class Gaps:
    """Seconds between two calls of a timer that is due every 10 ms; the largest is the longest block."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self._last: float | None = None
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._note)

    def __enter__(self) -> Gaps:
        self._timer.start(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.stop()

    def _note(self) -> None:
        now = time.perf_counter()
        if self._last is not None:
            self.seconds.append(now - self._last)
        self._last = now

    def summary(self) -> str:
        ordered = sorted(self.seconds)
        parts = [f"{name} {1000 * ordered[int(share * (len(ordered) - 1))]:.0f} ms" for name, share in
                 (("median", 0.5), ("99 %", 0.99), ("largest", 1.0))]  # fmt: skip
        return f"{len(ordered)} gaps: " + ", ".join(parts)
