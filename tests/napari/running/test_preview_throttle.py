"""How often a preview is drawn."""

from __future__ import annotations

from napari_deep_prior._napari.running import preview_throttle
from napari_deep_prior._napari.running.preview_throttle import PreviewThrottle


def test_the_longer_a_preview_takes_to_draw_the_longer_it_waits_for_the_next(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(preview_throttle.time, "perf_counter", lambda: now[0])
    found = []
    for took in (0.0, 0.01, 0.05, 30.0):
        paced = PreviewThrottle(100)
        paced.begin()
        now[0] += took + preview_throttle.SETTLE / 1000
        found.append(paced.pause())
    assert found == [100, 390, 1950, 3000]
