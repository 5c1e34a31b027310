"""The progress bar, and signals that end a run but keep what was reached."""

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

SAVED = "the result so far will be saved. Ctrl-C again leaves without it."
KEPT = "planes that are done are kept. Ctrl-C again leaves at once."
NOT_SAVED = "what is unfinished will not be saved. Ctrl-C again leaves at once."

_STAGES = {"learning": "Learning", "distilling": "Distilling"}


def follow(fit: Fit, *, quiet: bool = False, ending: str = SAVED) -> Iterator[Snapshot]:
    """The snapshots of a fit under a progress bar; in a log file the bar is redrawn every ten seconds only.

    `ending` says what becomes of a fit that is stopped by a signal. A terminal that is closed meanwhile ends nothing.
    """
    pause = 0.1 if _is_terminal() else 10.0
    bar = tqdm(unit="step", file=sys.stderr, dynamic_ncols=True, mininterval=pause, disable=quiet)
    with _first_signal_stops(fit, ending):
        part = (0, "fitting")
        for snapshot in fit:
            with contextlib.suppress(OSError):
                if (snapshot.plane, snapshot.stage) != part:
                    part = (snapshot.plane, snapshot.stage)
                    bar.reset()
                _show(bar, snapshot)
            yield snapshot
        with contextlib.suppress(OSError):
            bar.refresh()
            bar.close()


def _is_terminal() -> bool:
    try:
        return sys.stderr.isatty()
    except (OSError, ValueError):  # closed
        return False


def _show(bar: Any, snapshot: Snapshot) -> None:
    left = snapshot.iterations_left
    bar.total = None if left is None else snapshot.iteration + left  # without an end, the bar only counts
    if snapshot.planes > 1:
        plane = f"Plane {snapshot.plane + 1}/{snapshot.planes}"
        bar.set_description(_STAGES.get(snapshot.stage, plane), refresh=False)
    figures = {"loss": snapshot.loss, "held_out": snapshot.held_out}
    known = {name: f"{value:.3g}" for name, value in figures.items() if value is not None and math.isfinite(value)}
    bar.set_postfix(known, refresh=False)
    bar.update(snapshot.iteration - bar.n)


_SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
"""Ctrl-C; the end of a job's time on a cluster; a terminal that is closed."""


@contextlib.contextmanager
def _first_signal_stops(fit: Fit, ending: str) -> Iterator[None]:
    """The first signal ends the fit as it is, so that it can be saved; the second one leaves at once."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    # Who set a signal to be passed over (nohup), or handles it outside of Python, wants it so.
    before = {number: handler for number, handler in before.items() if handler not in (None, signal.SIG_IGN)}

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def stop(_number: int, _frame: object) -> None:
        restore()
        fit.stop()
        with contextlib.suppress(OSError):
            # os.write: a signal may arrive in the middle of a write to sys.stderr, which cannot be entered twice.
            os.write(2, f"\nStopping; {ending}\n".encode())

    for number in before:
        signal.signal(number, stop)
    try:
        yield
    finally:
        restore()
