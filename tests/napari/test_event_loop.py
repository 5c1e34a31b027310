"""The event loop while the real engine works: it keeps turning. How fast is measured by benchmarks/event_loop.py."""

from __future__ import annotations

import numpy as np
from qtpy.QtCore import QTimer

from napari_deep_prior._napari.layers.source import KEY
from napari_deep_prior._napari.running import preview_throttle
from napari_deep_prior._napari.running.preview_throttle import PreviewThrottle


def test_the_loop_keeps_turning_while_a_fit_runs(viewer, qtbot):
    """A fit in the window's own thread would leave a handful of turns, one per snapshot."""
    from napari_deep_prior._napari.widget import DeepPriorWidget

    panel = DeepPriorWidget(viewer)
    viewer.window.add_dock_widget(panel)
    viewer.add_image(np.random.default_rng(0).poisson(50, (128, 160)).astype(np.uint16), name="cells")
    panel.basic.fill({"preset": "fast", "seconds": 3.0})
    turns = []
    timer = QTimer()
    timer.timeout.connect(lambda: turns.append(1))
    panel.buttons.run.click()
    timer.start(5)
    qtbot.waitUntil(lambda: panel.buttons.run.isEnabled(), timeout=60000)
    timer.stop()
    assert viewer.layers["cells · denoised"].metadata[KEY]["planes"][0]["iterations"] > 1
    assert len(turns) > 60


def test_the_longer_a_preview_takes_to_draw_the_longer_it_waits_for_the_next(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(preview_throttle.time, "perf_counter", lambda: now[0])
    found = []
    for took in (0.0, 0.01, 0.05, 30.0):
        paced = PreviewThrottle(100)
        paced.begin()
        now[0] += took + preview_throttle.SETTLE / 1000
        found.append(paced.pause())
    assert found == [100, 390, 1950, 2000]
