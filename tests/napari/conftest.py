"""A window with a fit that is quick, obedient and, on demand, ill-behaved."""

from __future__ import annotations

import ctypes
import dataclasses
import gc
import sys
import threading
import time
import warnings
from typing import Any

import numpy as np
import pytest
from napari._qt.qt_main_window import Window
from qtpy import PYSIDE6

from napari_deep_prior._napari import engine as engines
from napari_deep_prior._napari.running import preview_throttle as rate
from napari_deep_prior.core.compute.device import choose
from napari_deep_prior.core.data.axes import Axes
from napari_deep_prior.core.data.stack import Unread
from napari_deep_prior.core.results import CurvePoint, PlaneReport, Record, Result, Snapshot, StopReason
from napari_deep_prior.core.settings import Settings

if PYSIDE6 and sys.version_info < (3, 12):
    # PySide6 6.12.0 gives back a reference too many at every call that returns nothing, or whether something is so; from
    # Python 3.12 on these are immortal, before that the process aborts after some ten thousand calls ("deallocating None").
    for constant in (None, True, False):
        ctypes.c_ssize_t.from_address(id(constant)).value += 10**9


class FakeFit:
    """Stands in for core.fit.Fit: every step adds 1 to the image. Tests set the attributes below."""

    steps = 8
    pause = 0.01
    fails: Exception | None = None
    fails_on = 0
    warns = False
    lingers = None  # the number of a plane that takes steps until `go` is set
    made: list[FakeFit] = []  # noqa: RUF012

    def __init__(self, image: Any, task: Any, settings: Settings, axes: str, first: int = 0) -> None:
        self.first = first
        self.letters, self.axes = axes, Axes(axes)
        self.device = choose("cpu")
        self.image, self.task, self.settings = image, task, settings
        self.planes = Axes(axes).planes(image.shape)
        for index in self.planes[:1]:
            task.for_plane(Axes(axes), image.shape, index)
        self.values = np.zeros(image.shape, np.float32)
        self.at, self.budget, self.plane, self.turn = 0, self.steps, first, 0
        self.reason = StopReason.ITERATIONS
        self._stop = threading.Event()
        self.closed = self.resumed = False
        self.chosen: Snapshot | None = None
        self.went_back: int | None = None
        self.thread: str | None = None
        self.go = threading.Event()
        FakeFit.made.append(self)

    def __iter__(self):
        self.thread = threading.current_thread().name
        self._stop.clear()
        self.reason = StopReason.ITERATIONS
        if self.resumed and self.plane == len(self.planes) - 1:
            self.plane = 0
        order = [*range(self.first, len(self.planes)), *range(self.first)]
        try:
            for turn, number in enumerate(order):
                index, self.plane, self.turn = self.planes[number], number, turn
                plane = self._read(number, turn, order)
                self.at = 0
                while self._goes_on() and not self._stop.is_set():
                    time.sleep(self.pause)
                    self.at += 1
                    if self.warns:
                        warnings.warn("odd", UserWarning, stacklevel=1)
                    if self.fails is not None and self.at == 3 and turn >= self.fails_on:
                        self.turn = max(0, turn - 1)
                        self.plane = order[self.turn]  # as the real one: a plane that failed is not reported
                        raise self.fails
                    self.values[index] = plane + self.at
                    yield Snapshot(
                        plane=self.plane,
                        planes=len(self.planes),
                        turn=turn,
                        index=index,
                        iteration=self.at,
                        iterations_left=max(0, self.budget - self.at),
                        seconds=self.at * self.pause,
                        loss=1.0 + 1 / self.at,
                        held_out=2.0 + 1 / self.at,
                        image=self.values[index].copy(),
                        uncertainty=np.full(plane.shape, self.at, np.float32),
                        shown=self.at,
                        kept=self.at,
                        noise=0.5,
                    )
                if self._stop.is_set():
                    self.reason = StopReason.REQUESTED
                    return
        finally:
            self.closed = True

    @property
    def network(self):
        raise ValueError("There is no network to keep: the image had a fit of its own.")

    def _goes_on(self) -> bool:
        return self.at < self.budget or (self.plane == self.lingers and not self.go.is_set())

    def _read(self, number: int, turn: int, order: list[int]) -> np.ndarray:
        try:
            return np.asarray(self.image[self.planes[number]], np.float32)
        except OSError as error:
            self.turn = max(0, turn - 1)
            self.plane = order[self.turn]
            raise Unread(f"Plane {number + 1} of {len(order)}: Its pixels could not be read.") from error

    def stop(self) -> None:
        self._stop.set()

    def choose(self, moment: Snapshot) -> None:
        self.chosen = moment
        self.values[moment.index] = moment.image

    def resume(self, iterations: int | None = None, seconds: float | None = None, back_to: int | None = None) -> None:
        self.resumed, self.chosen, self.went_back = True, None, back_to
        self.budget += iterations or self.steps

    def _reports(self, last: PlaneReport) -> tuple[PlaneReport, ...]:
        """One of each plane that was reached."""
        before = dataclasses.replace(last, reason=StopReason.ITERATIONS.name)
        order = [*range(self.first, len(self.planes)), *range(self.first)]
        each = [dataclasses.replace(before, plane=number) for number in order[: self.turn]]
        return (*each, dataclasses.replace(last, plane=self.plane))

    @property
    def result(self) -> Result:
        mask = next(iter(self.task.companions().values()), np.zeros(1))
        point = CurvePoint(iteration=self.at, seconds=0.1, loss=1.0, held_out=None)
        plane = PlaneReport(
            plane=0, iterations=self.at, chosen=self.chosen.shown if self.chosen else self.at, seconds=0.1,
            invented=0, reason=self.reason.name,
            method="deep-image-prior", notes=(), curve=(point,),
        )  # fmt: skip
        record = Record(
            task={"name": self.task.command(), **self.task.as_dict()}, settings=self.settings.as_dict(), axes=self.letters,
            input={"sha256": "", "shape": list(self.image.shape), "dtype": str(self.image.dtype)}, companions={},
            planes=self._reports(plane), invented=float(np.mean(np.asarray(mask) != 0)), versions={}, deterministic=True,
            device={"name": "cpu", "hardware": "", "precision": "float32", "threads": 1},
            seconds=0.1, created="2026-11-23",
        )  # fmt: skip
        return Result(
            image=self.values, uncertainty=self.values, invented=np.zeros(self.values.shape, bool), reason=self.reason,
            curve=(point,), record=record,
        )  # fmt: skip


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> type[FakeFit]:
    """The engine with a FakeFit in it; a fresh class, so that tests may set its attributes."""
    made = type("Fit", (FakeFit,), {})
    FakeFit.made.clear()
    loaded = dataclasses.replace(engines.load(), fit=made)
    monkeypatch.setattr(engines, "load", lambda: loaded)
    monkeypatch.setattr(rate, "SHARE", 1.0)  # so short a run would be over before a busy machine draws a second preview
    return made


@pytest.fixture(scope="module", autouse=True)
def older_objects_set_aside():
    """napari collects garbage with each window, among all objects of the process: those of earlier files would take most of the time."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture(autouse=True)
def settings_folder(tmp_path, monkeypatch):
    """Where the panel remembers things: never the folder of whoever runs the tests."""
    monkeypatch.setattr("napari_deep_prior._napari.widget.folder", lambda: tmp_path)
    return tmp_path


@pytest.fixture
def viewer(make_napari_viewer_proxy, monkeypatch):
    """Of a window that is not shown; see `show`. Without napari's style sheet, which takes a quarter of a test's time."""
    plain, style = [True], Window._update_theme
    monkeypatch.setattr(Window, "_update_theme", lambda *args, **changed: None if plain else style(*args, **changed))
    made = make_napari_viewer_proxy()
    plain.clear()
    return made


@pytest.fixture
def show(viewer):
    """Shows the window of a panel, in napari's style."""

    def shown(panel):
        viewer.__wrapped__.window._update_theme()
        panel.window().show()

    return shown


@pytest.fixture
def dock(fake):
    """Puts the widget into a window the way a user does."""

    def docked(viewer):
        from napari_deep_prior._napari.widget import DeepPriorWidget

        widget = DeepPriorWidget(viewer)
        viewer.window.add_dock_widget(widget, name="Deep Image Prior")
        return widget

    return docked


@pytest.fixture
def reopened(dock, viewer):
    """Closes the panel with its x, and opens a new one, as on another day."""

    def again(panel):
        panel.parent().destroyOnClose()
        return dock(viewer)

    return again


@pytest.fixture
def shown(make_napari_viewer_proxy, dock):
    """A window on the screen: only there a widget is visible."""
    viewer = make_napari_viewer_proxy(show=True)
    return viewer, dock(viewer)


@pytest.fixture
def panel(dock, viewer):
    return dock(viewer)


@pytest.fixture
def quick_panel(viewer):
    """A panel in its window, set to four steps of the real engine."""
    from napari_deep_prior._napari.widget import DeepPriorWidget

    widget = DeepPriorWidget(viewer)
    viewer.window.add_dock_widget(widget)
    widget.basic.fill({"preset": "fast", "seconds": "never"})
    widget.advanced.fill({"iterations": 4, "device": "cpu", "precision": "float32"})
    return widget


@pytest.fixture
def run_to_end(qtbot):
    """Press Run and wait for the end."""

    def run(widget, timeout: int = 20000) -> None:
        widget.buttons.run.click()
        assert widget.buttons.stop.isEnabled(), widget.status.message.text()
        qtbot.waitUntil(lambda: widget.buttons.run.isEnabled(), timeout=timeout)

    return run


@pytest.fixture
def image() -> np.ndarray:
    """Not square, so that swapped axes are noticed."""
    return np.random.default_rng(0).integers(0, 200, (24, 32)).astype(np.uint16)
