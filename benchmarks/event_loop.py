"""How long the window is away while a fit runs, and how much slower a fit is in it: gaps of a 10 ms timer in a real, shown
napari window with the curve, the history and all else open, and steps per second there and without a window.

python benchmarks/event_loop.py 256 20 3                 (pixels a side, seconds of a fit, rounds; needs a display, or xvfb-run)
python benchmarks/event_loop.py 128 20 3 --planes 12     (a film)

Fits in the window and without it take turns in the same process, so that other work on the machine counts alike. The gaps begin before
Run is pressed. How long the window's own thread computed between two calls is told too, which other work does not make longer; and,
in turns with the fits, the largest gap while napari adds the same image as a layer for itself, which no plugin that adds one can spare.
"""

from __future__ import annotations

import argparse
import sys
import time
from typing import Any

import numpy as np
from _window import live, opened, settle
from qtpy.QtCore import Qt, QTimer

_BEFORE = 200
"""Milliseconds from the first gap to the press of Run."""


class Gaps:
    """Seconds between two calls of a timer that is due every 10 ms; the largest is the longest block.

    `computed` are the seconds of each in which this thread was at work.
    """

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.computed: list[float] = []
        self._last: tuple[float, float] | None = None
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
        now, computed = time.perf_counter(), time.thread_time()
        if self._last is not None:
            self.seconds.append(now - self._last[0])
            self.computed.append(computed - self._last[1])
        self._last = now, computed

    def summary(self) -> str:
        ordered = sorted(self.seconds)
        parts = [f"{name} {1000 * ordered[int(share * (len(ordered) - 1))]:.0f} ms" for name, share in
                 (("median", 0.5), ("95 %", 0.95), ("99 %", 0.99), ("largest", 1.0))]  # fmt: skip
        return (
            f"{len(ordered)} gaps: " + ", ".join(parts) + f" (at work for {1000 * max(self.computed):.0f} ms at most)"
        )


def speed(planes: list[dict[str, Any]]) -> float:
    """Steps per second, given what a record says of the planes."""
    return sum(plane["iterations"] for plane in planes) / sum(plane["seconds"] for plane in planes)


def headless(image: np.ndarray, seconds: float) -> float:
    """Steps per second of the same fit without a window."""
    from napari_deep_prior import Fit, Settings

    fit = Fit(
        image, settings=Settings(seconds=seconds, stopping="never"), axes="TYX"[-image.ndim :], first=len(image) // 2
    )
    for _ in fit:
        pass
    return speed(fit.result.record.as_dict()["planes"])


def adding(viewer: Any, image: np.ndarray) -> Gaps:
    """Gaps while napari adds an image and draws it; it is taken away again."""
    with Gaps() as gaps:
        QTimer.singleShot(_BEFORE, lambda: viewer.add_image(image.copy()))
        settle(1)
    viewer.layers.pop()
    settle(1)
    return gaps


def measure(size: int, seconds: float, rounds: int, planes: int) -> None:
    """Fits of a noise image in a shown window of 1280 x 900, and as many without it; prints the gaps before and during, and the speeds."""
    film = np.random.default_rng(0).poisson(50, (planes, size, size)).astype(np.uint16)
    image = film if planes > 1 else film[0]
    viewer, open_panel = opened(image)
    viewer.layers[0].axis_labels = ("t", "y", "x")[-image.ndim :]
    panel = open_panel()
    panel.basic.fill({"preset": "balanced", "seconds": seconds})
    panel.advanced.fill({"stopping": "never"})
    for section in panel.sections.folds.values():
        section.button.setChecked(True)
    settle(2)
    with Gaps() as idle:
        settle(3)
    running, alone, within, busy, lasted = Gaps(), [], [], 0.0, 0.0
    added: list[float] = []
    for _ in range(rounds):  # in turns: a shared machine is faster at one time than at another
        added.append(max(adding(viewer, image).seconds))
        alone.append(headless(image, seconds))
        spent, began = time.thread_time(), time.perf_counter()
        with running:
            QTimer.singleShot(_BEFORE, panel.buttons.run.click)
            live(panel.buttons.stop.isEnabled)
            live(panel.buttons.run.isEnabled)
        busy, lasted = busy + time.thread_time() - spent, lasted + time.perf_counter() - began
        within.append(speed(viewer.layers[-1].metadata["napari-deep-prior"]["planes"]))
        viewer.layers.selection.active = viewer.layers[0]
    viewer.close()
    share = 100 * sum(within) / sum(alone)
    sys.stdout.write(
        f"{planes} x {size} x {size}, idle: {idle.summary()}; running: {running.summary()}\n"
        f"steps per second in the window {_listed(within)}, without it, in turns, {_listed(alone)}: {share:.0f} %; "
        f"the window's own thread computes {100 * busy / lasted:.0f} % of the time\n"
        f"largest gap while napari adds an image for itself: {', '.join(f'{1000 * value:.0f}' for value in added)} ms\n"
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
    parser.add_argument("--planes", type=int, default=1, help="of a film")
    measure(**vars(parser.parse_args()))
