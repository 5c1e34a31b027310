"""How long it takes from the click on Run until restored pixels are on the screen, in a real, shown napari window.

python benchmarks/first_pixels.py 512 3     (pixels a side, runs; needs a display, or xvfb-run)

The first run of the process is cold: all that the engine loads late, it loads then. What opening the panel takes, PyTorch's
import included, is told beside it.
"""

from __future__ import annotations

import argparse
import sys
import time
from typing import Any

import numpy as np
from _window import live, opened, settle


class FirstPixels:
    """The moments, in seconds after `begin`, at which the result layer is there, first gets other data, and is drawn."""

    def __init__(self, viewer: Any) -> None:
        self._viewer = viewer
        self.layer = self.data = self.drawn = 0.0
        viewer.layers.events.inserted.connect(self._inserted)
        viewer.window._qt_viewer.canvas._scene_canvas.events.draw.connect(self._drawn, position="last")

    def begin(self) -> None:
        """The click."""
        self.layer = self.data = self.drawn = 0.0
        self._began = time.perf_counter()

    def _inserted(self, event: Any) -> None:
        self.layer = self._now()
        event.value.events.data.connect(self._changed)

    def _changed(self, _: Any) -> None:
        self.data = self.data or self._now()

    def _drawn(self, _: Any) -> None:
        if self.data:
            self.drawn = self.drawn or self._now()

    def _now(self) -> float:
        return time.perf_counter() - self._began


def measure(size: int, runs: int) -> None:
    """Prints one line per run."""
    viewer, open_panel = opened(np.random.default_rng(0).poisson(50, (size, size)).astype(np.uint16))
    began = time.perf_counter()
    panel = open_panel()
    sys.stdout.write(
        f"{size} x {size}; the panel opens in {time.perf_counter() - began:.2f} s, PyTorch's import included\n"
    )
    settle(2)
    moments = FirstPixels(viewer)
    panel.basic.fill({"preset": "balanced", "seconds": 20.0})
    for run in range(runs):
        moments.begin()
        panel.buttons.run.click()
        clicked = moments._now()
        live(lambda: moments.drawn > 0)
        sys.stdout.write(
            f"{'warm' if run else 'cold'}: the click takes {clicked:.2f} s, first restored data after {moments.data:.2f} s, "
            f"on the screen after {moments.drawn:.2f} s\n"
        )
        panel.buttons.stop.click()
        live(panel.buttons.run.isEnabled)
    viewer.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Seconds from the click on Run to restored pixels on the screen.")
    parser.add_argument("size", type=int, help="pixels a side of the image")
    parser.add_argument("runs", type=int, nargs="?", default=3)
    measure(**vars(parser.parse_args()))
