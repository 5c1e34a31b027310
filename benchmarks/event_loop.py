"""How long the window is away while a fit runs: gaps of a 10 ms timer in a real, shown napari window.

python benchmarks/event_loop.py 256 20     (pixels a side, seconds; needs a display, or xvfb-run)
"""

from __future__ import annotations

import sys
import time

import numpy as np
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


def measure(size: int, seconds: float) -> None:
    """A run on a noise image in a shown window of 1280 x 900; prints the gaps before and during it."""
    from qtpy.QtWidgets import QApplication

    import napari

    def live(until) -> None:  # type: ignore[no-untyped-def]
        while not until():
            QApplication.processEvents()
            time.sleep(0.001)

    viewer = napari.Viewer(show=True)
    viewer.window.resize(1280, 900)
    viewer.add_image(np.random.default_rng(0).poisson(50, (size, size)).astype(np.uint16))
    _, panel = viewer.window.add_plugin_dock_widget("napari-deep-prior", "Deep Image Prior")
    panel.basic.fill({"seconds": seconds})
    settled = time.monotonic() + 2
    live(lambda: time.monotonic() > settled)
    with Gaps() as idle:
        live(lambda: time.monotonic() > settled + 3)
    panel.buttons.run.click()
    with Gaps() as running:
        live(panel.buttons.run.isEnabled)
    sys.stdout.write(f"{size} x {size}, idle: {idle.summary()}; running: {running.summary()}\n")
    viewer.close()


if __name__ == "__main__":
    measure(int(sys.argv[1]), float(sys.argv[2]))
