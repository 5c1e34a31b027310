"""Work cut into pieces, between which Qt draws."""

import pytest
from qtpy.QtCore import QTimer

from napari_deep_prior._napari.running.turns import Turns


def test_each_piece_has_a_turn_of_its_own_in_their_order(qtbot):
    turns, done = Turns(), []
    turns.take(lambda: done.append(1), lambda: done.append(2))
    QTimer.singleShot(0, lambda: done.append("between"))
    turns.take(lambda: done.append(3))
    assert done == []
    qtbot.waitUntil(lambda: len(done) == 4)
    assert [each for each in done if each != "between"] == [1, 2, 3]
    assert done[0] == "between", "what was waiting comes first"


def test_what_is_left_is_done_at_once_where_something_builds_upon_it(qtbot):
    turns, done = Turns(), []
    turns.take(lambda: done.append(1), lambda: done.append(2))
    turns.finish()
    assert done == [1, 2]
    qtbot.wait(20)
    assert done == [1, 2]


def test_what_is_dropped_is_not_done(qtbot):
    turns, done = Turns(), []
    turns.take(lambda: done.append(1))
    turns.drop()
    qtbot.wait(20)
    assert done == []


def test_a_piece_that_fails_does_not_keep_the_others(qtbot):
    turns, done = Turns(), []

    def fails() -> None:
        raise ValueError("no")

    turns.take(fails, lambda: done.append(2))
    with pytest.raises(ValueError, match="no"):
        turns._next()
    qtbot.waitUntil(lambda: done == [2])


def test_a_piece_may_let_in_one_that_finishes_the_rest(qtbot):
    """As napari's progress bar does, which handles whatever is queued."""
    turns, done = Turns(), []
    turns.take(lambda: (turns.finish(), done.append(1)), lambda: done.append(2))
    qtbot.waitUntil(lambda: len(done) == 2)
    assert done == [2, 1]
