"""The event loop while the real engine works: our share of every frame is far below a tenth of a second.

The test's window is not shown: how long napari's canvas takes to paint is the machine's affair. Run as a script
(``python test_event_loop.py 256 20``: pixels, seconds) this measures a shown window.
"""

from __future__ import annotations

import sys
import time

import numpy as np
from qtpy.QtCore import Qt, QTimer

from napari_deep_prior._napari.layers import KEY


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


def test_the_loop_is_never_away_for_long(viewer, qtbot):
    from napari_deep_prior._napari.widget import DeepPriorWidget

    panel = DeepPriorWidget(viewer)
    viewer.window.add_dock_widget(panel)
    viewer.add_image(np.random.default_rng(0).poisson(50, (128, 160)).astype(np.uint16), name="cells")
    panel.basic.fill({"preset": "fast", "seconds": 6.0})
    panel.buttons.run.click()
    with Gaps() as gaps:
        qtbot.waitUntil(lambda: panel.buttons.run.isEnabled(), timeout=60000)
    assert viewer.layers["cells · denoised"].metadata[KEY]["planes"][0]["iterations"] > 1
    assert max(gaps.seconds) < 0.1, gaps.summary()


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
