"""Cyclic garbage of the window is collected by the window, whatever a run's thread does."""

import gc
import subprocess
import sys
import threading
from typing import ClassVar

import pytest

from napari_deep_prior._napari.running import garbage


class Circle:
    """Garbage that only a collection finds; tells in which thread that was."""

    seen: ClassVar[list[threading.Thread]] = []

    def __init__(self):
        self.itself = self

    def __del__(self):
        Circle.seen.append(threading.current_thread())


@pytest.fixture(autouse=True)
def nothing_seen(monkeypatch):
    monkeypatch.setattr(garbage, "_REST", 1)
    gc.collect()
    Circle.seen = []


def allocate(rounds=3):
    """As much as makes Python collect all generations."""
    for _ in range(rounds * 12 * 12):
        [[] for _ in range(5000)]


def in_a_thread(work):
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


def test_a_thread_collects_nothing_while_a_run_holds(qtbot):
    collector = garbage.WindowCollector()
    collector.hold(holder := object())
    try:
        Circle()
        in_a_thread(allocate)
        assert Circle.seen == []
        assert not gc.isenabled()
    finally:
        collector.let_go(holder)
    qtbot.waitUntil(gc.isenabled, timeout=60000)


def test_the_window_collects_what_is_due(qtbot, monkeypatch):
    monkeypatch.setattr(garbage, "_INTERVAL", 1)
    collector = garbage.WindowCollector()
    collector.hold("run")
    try:
        Circle()
        kept = [[] for _ in range(5000)]
        qtbot.waitUntil(lambda: Circle.seen == [threading.main_thread()], timeout=60000)
        assert len(kept) == 5000
    finally:
        collector.let_go("run")
        qtbot.waitUntil(gc.isenabled, timeout=60000)


def test_python_collects_again_only_once_nobody_holds(qtbot):
    collector = garbage.WindowCollector()
    collector.hold("first")
    collector.hold("second")
    collector.let_go("first")
    assert not gc.isenabled()
    collector.let_go("second")
    qtbot.waitUntil(gc.isenabled, timeout=60000)
    collector.let_go("second")
    qtbot.wait(20)
    assert gc.isenabled()


def test_nothing_is_collected_as_a_result_comes_nor_by_the_rest_of_a_run_in_the_next(qtbot):
    collector = garbage.WindowCollector()
    collector.hold("first")
    Circle()
    collector.let_go("first")
    allocate()
    assert Circle.seen == []
    collector.hold("second")
    qtbot.wait(50)
    assert not gc.isenabled()
    collector.let_go("second")
    qtbot.waitUntil(gc.isenabled, timeout=60000)


def test_within_a_click_nothing_is_collected(qtbot):
    collector = garbage.WindowCollector()
    collector.spare_this_turn()
    Circle()
    allocate()
    assert Circle.seen == []
    qtbot.waitUntil(gc.isenabled, timeout=60000)


def test_where_no_window_is_left_python_collects_at_once(qtbot, monkeypatch):
    """A script that has closed its window has no event loop any more, and would never collect again."""
    monkeypatch.setattr(garbage, "_REST", 60000)
    collector = garbage.WindowCollector()
    collector.hold("run")
    collector.rest()
    assert not gc.isenabled(), "somebody holds it"
    collector.let_go("run")
    assert not gc.isenabled()
    collector.rest()
    assert gc.isenabled()


ENDING = """
import atexit, gc
from qtpy.QtCore import QCoreApplication
atexit.register(lambda: print(gc.isenabled(), QCoreApplication.instance() is not None))
app = QCoreApplication([])
from napari_deep_prior._napari.running.garbage import COLLECTOR
COLLECTOR.hold("run")
COLLECTOR.let_go("run")
"""


def test_a_program_that_ends_right_after_a_run_ends_well():
    """Widgets that are garbage by then are to be deleted while the application is still there."""
    done = subprocess.run([sys.executable, "-c", ENDING], capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout.split(), done.stderr) == (0, ["True", "True"], "")


def test_whoever_has_switched_collection_off_keeps_it_off(qtbot):
    collector = garbage.WindowCollector()
    gc.disable()
    try:
        collector.hold("run")
        collector.let_go("run")
        qtbot.wait(20)
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_all_is_collected_only_where_old_objects_are_a_quarter_more(qapp, monkeypatch):
    """A full collection stops the window for a fifth of a second."""
    collector, collected, old, full = garbage.WindowCollector(), [], [], 11
    monkeypatch.setattr(gc, "get_count", lambda: (0, 0, full))
    monkeypatch.setattr(gc, "get_objects", lambda generation: [None] * old[-1])
    monkeypatch.setattr(gc, "collect", collected.append)
    for full, number in ((11, 1000), (22, 1240), (23, 2000), (33, 1260), (44, 1260), (11, 1590)):  # noqa: B007
        old.append(number)
        collector._collect_due()
    assert collected == [1, 1, 1, 2, 1, 2], "the first look has nothing to compare with, the third comes too soon"
