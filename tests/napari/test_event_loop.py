"""The event loop while the real engine works: it keeps turning. How fast is measured by benchmarks/event_loop.py."""

from __future__ import annotations

import numpy as np
from qtpy.QtCore import QTimer

from napari_deep_prior._napari.layers.source import KEY


def test_the_loop_keeps_turning_while_a_fit_runs(viewer, qtbot):
    """A fit in the window's own thread would leave a handful of turns, one per snapshot."""
    from napari_deep_prior._napari.widget import DeepPriorWidget

    panel = DeepPriorWidget(viewer)
    viewer.window.add_dock_widget(panel)
    viewer.add_image(np.random.default_rng(0).poisson(50, (128, 160)).astype(np.uint16), name="cells")
    panel.basic.fill({"preset": "fast", "seconds": "never"})
    panel.advanced.fill({"iterations": 40, "device": "cpu"})
    turns = []
    timer = QTimer()
    timer.timeout.connect(lambda: turns.append(1))
    panel.buttons.run.click()
    timer.start(5)
    qtbot.waitUntil(lambda: panel.buttons.run.isEnabled(), timeout=120000)
    timer.stop()
    assert viewer.layers["cells · denoised"].metadata[KEY]["planes"][0]["iterations"] == 40
    assert len(turns) > 3 * (1 + len(panel.sections["History"].snapshots)), "however fast the machine"
