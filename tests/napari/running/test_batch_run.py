"""A batch in its thread: what is told of each file, whatever happens to it."""

from __future__ import annotations

import dataclasses
import gc
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from napari_deep_prior._napari.running.batch_run import BatchRun

FILES = [Path("a.tif"), Path("b.tif")]


@dataclasses.dataclass
class Many:
    """Stands in for a batch."""

    images: list[Path]

    def output(self, image):
        return Path("out") / image.name


def event(image, status, message=""):
    return SimpleNamespace(image=image, status=status, message=message)


@pytest.fixture
def gone_through(qtbot):
    """Starts a batch on an engine with this `run_many`, and waits for the end."""

    def go(run_many):
        run = BatchRun(SimpleNamespace(run_many=run_many))
        told = []
        run.choose(FILES)
        run.attach(lambda: told.append([file.state for file in run.files]))
        run.start(Many([file.image for file in run.left]))
        qtbot.waitUntil(lambda: not run.active, timeout=60000)
        qtbot.waitUntil(gc.isenabled, timeout=60000)  # left alone while it ran, and collected as before from now on
        return run, told

    return go


def test_each_file_is_told_of_as_it_comes(gone_through):
    threads = []

    def run_many(batch, watch):
        threads.append(threading.current_thread())
        for image in batch.images:
            yield event(image, "begins")
            yield event(image, "failed", "It was dark.") if image == FILES[0] else event(image, "restored")

    run, told = gone_through(run_many)
    assert threads != [threading.main_thread()]
    assert told[0] == ["begins", "waits"]
    assert told[-1] == ["failed", "restored"]
    assert [file.reason for file in run.files] == ["It was dark.", ""]
    assert run.left == [run.files[0]]
    assert run.files[1].result == Path("out/b.tif")
    assert run.words == "1 of 2 files is restored. 1 failed: the list says why."


def test_what_hinders_all_is_said(gone_through):
    def run_many(batch, watch):
        yield event(batch.images[0], "begins")
        raise OSError("The disk is full.")

    run, _ = gone_through(run_many)
    assert run.words == "The disk is full."
    assert [file.state for file in run.files] == ["waits", "waits"]


def test_cancel_stops_the_fit_under_way_and_nothing_is_begun_after_it(qtbot):
    begun, stopped = [], threading.Event()

    class Fit:
        def __iter__(self):
            while not stopped.wait(0.01):
                yield SimpleNamespace(iterations_left=None)

        def stop(self):
            stopped.set()

    def run_many(batch, watch):
        for image in batch.images:
            begun.append(image)
            yield event(image, "begins")
            list(watch(Fit()))
            yield event(image, "restored")

    run = BatchRun(SimpleNamespace(run_many=run_many))
    run.choose(FILES)
    run.start(Many(FILES))
    qtbot.waitUntil(lambda: run.files[0].state == "begins", timeout=60000)
    run.cancel()
    qtbot.waitUntil(lambda: not run.active, timeout=60000)
    assert [file.state for file in run.files] == ["restored", "waits"], "its last step was its end"
    assert run.words == "1 of 2 files is restored. 1 was not begun."
