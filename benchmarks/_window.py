"""A real, shown napari window for the benchmarks of the window, as for a new user."""

from __future__ import annotations

import ctypes
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from qtpy import PYSIDE6
from qtpy.QtCore import QEventLoop, QTimer

if PYSIDE6 and sys.version_info < (3, 12):
    # PySide6 6.12.0 gives back one reference to None too many at every call that returns nothing, until the process aborts;
    # from Python 3.12 on None is immortal. What is measured here is what we leave behind.
    ctypes.c_ssize_t.from_address(id(None)).value += 10**9


def live(until: Callable[[], bool] = lambda: True) -> None:
    """Let the window live until something has come about: in a true event loop, which deletes later what is to be deleted
    later, as processing of events by hand does not."""
    loop, timer = QEventLoop(), QTimer()
    timer.timeout.connect(lambda: until() and loop.quit())
    timer.start(5)
    loop.exec()


def settle(seconds: float) -> None:
    """Let the window live for so long."""
    end = time.monotonic() + seconds
    live(lambda: time.monotonic() > end)


def opened(image: np.ndarray) -> tuple[Any, Callable[[], Any]]:
    """A window of 1280 x 900 with an image, and what opens the panel in it; settings of whoever measures are left alone."""
    import napari
    from napari_deep_prior._napari import commands, widget

    widget.folder = lambda: Path(tempfile.mkdtemp())  # type: ignore[assignment]
    viewer = napari.Viewer(show=True)
    viewer.window.resize(1280, 900)
    viewer.add_image(image, name="cells")
    settle(2)

    def open_panel() -> Any:
        commands.show_panel(viewer)
        return widget.panel_of(viewer)

    return viewer, open_panel
