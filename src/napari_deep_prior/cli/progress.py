"""The progress bar, and Ctrl-C that keeps what was reached."""

from __future__ import annotations

import contextlib
import math
import os
import signal
import sys
import threading
from collections.abc import Iterator
from typing import Any

from tqdm import tqdm

from napari_deep_prior.core.results import Snapshot
from napari_deep_prior.core.run.fit import Fit


def follow(fit: Fit, *, quiet: bool = False) -> Iterator[Snapshot]:
    """The snapshots of a fit under a progress bar; in a log file the bar is redrawn every ten seconds only."""
    pause = 0.1 if sys.stderr.isatty() else 10.0
    bar = tqdm(unit="step", file=sys.stderr, dynamic_ncols=True, mininterval=pause, disable=quiet)
    with bar, _first_interrupt_stops(fit):
        plane = 0
        for snapshot in fit:
            if snapshot.plane != plane:
                plane = snapshot.plane
                bar.reset()
            _show(bar, snapshot)
            yield snapshot
        bar.refresh()


def _show(bar: Any, snapshot: Snapshot) -> None:
    left = snapshot.iterations_left
    bar.total = None if left is None else snapshot.iteration + left  # without an end, the bar only counts
    if snapshot.planes > 1:
        bar.set_description(f"Plane {snapshot.plane + 1}/{snapshot.planes}", refresh=False)
    figures = {"loss": snapshot.loss, "held_out": snapshot.held_out}
    known = {name: f"{value:.3g}" for name, value in figures.items() if value is not None and math.isfinite(value)}
    bar.set_postfix(known, refresh=False)
    bar.update(snapshot.iteration - bar.n)


@contextlib.contextmanager
def _first_interrupt_stops(fit: Fit) -> Iterator[None]:
    """The first Ctrl-C ends the fit as it is, so that it can be saved; the second one leaves at once."""
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(before):
        yield
        return

    def stop(_number: int, _frame: object) -> None:
        signal.signal(signal.SIGINT, before)
        fit.stop()
        # os.write: a signal may arrive in the middle of a write to sys.stderr, which cannot be entered twice.
        os.write(2, b"\nStopping; the result so far will be saved. Ctrl-C again leaves without it.\n")

    signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
