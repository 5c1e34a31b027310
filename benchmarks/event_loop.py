"""How long the window is away while a fit runs, and how much slower a fit is in it: gaps of a 10 ms timer in a real, shown
napari window with the curve, the history and all else open, and steps per second there and without a window.

python benchmarks/event_loop.py 256 20 3     (pixels a side, seconds of a fit, rounds; needs a display, or xvfb-run)

Fits in the window and without it take turns in the same process, so that other work on the machine counts alike.
"""

from __future__ import annotations

import argparse
import sys
import time

import numpy as np
from _window import live, opened, settle
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
        self._last = None
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
                 (("median", 0.5), ("95 %", 0.95), ("99 %", 0.99), ("largest", 1.0))]  # fmt: skip
        return f"{len(ordered)} gaps: " + ", ".join(parts)


def headless(image: np.ndarray, seconds: float) -> float:
    """Steps per second of the same fit without a window."""
    from napari_deep_prior import Fit, Settings

    *_, last = Fit(image, settings=Settings(seconds=seconds, stopping="never"))
    return last.iteration / last.seconds


def measure(size: int, seconds: float, rounds: int) -> None:
    """Fits of a noise image in a shown window of 1280 x 900, and as many without it; prints the gaps before and during, and the speeds."""
    image = np.random.default_rng(0).poisson(50, (size, size)).astype(np.uint16)
    viewer, open_panel = opened(image)
    panel = open_panel()
    panel.basic.fill({"preset": "balanced", "seconds": seconds})
    panel.advanced.fill({"stopping": "never"})
    for section in panel.sections.folds.values():
        section.button.setChecked(True)
    settle(2)
    with Gaps() as idle:
        settle(3)
    running, alone, within, busy, lasted = Gaps(), [], [], 0.0, 0.0
    for _ in range(rounds):  # in turns: a shared machine is faster at one time than at another
        alone.append(headless(image, seconds))
        panel.buttons.run.click()
        spent = time.thread_time()
        with running:
            live(panel.buttons.run.isEnabled)
        busy += time.thread_time() - spent
        (plane,) = viewer.layers[-1].metadata["napari-deep-prior"]["planes"]
        within.append(plane["iterations"] / plane["seconds"])
        lasted += plane["seconds"]
    viewer.close()
    share = 100 * sum(within) / sum(alone)
    sys.stdout.write(
        f"{size} x {size}, idle: {idle.summary()}; running: {running.summary()}\n"
        f"steps per second in the window {_listed(within)}, without it, in turns, {_listed(alone)}: {share:.0f} %; "
        f"the window's own thread computes {100 * busy / lasted:.0f} % of the time\n"
    )


def _listed(values: list[float]) -> str:
    return ", ".join(f"{value:.2f}" for value in values)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description="How smoothly the window runs during a fit, and what it costs the fit."
    )
    parser.add_argument("size", type=int, help="pixels a side of the image")
    parser.add_argument("seconds", type=float, help="time of each fit")
    parser.add_argument("rounds", type=int, nargs="?", default=3, help="fits with the window, and as many without")
    measure(**vars(parser.parse_args()))
