"""Several layers in one go: one after the other, what fails does not keep the others waiting, and it is told at the end."""

from types import SimpleNamespace

import pytest

from napari_deep_prior._napari.running.queue import Queue


def asked(name):
    return SimpleNamespace(chosen=SimpleNamespace(problem=SimpleNamespace(image=SimpleNamespace(name=name))))


@pytest.fixture
def queue():
    """With what it has started and said."""
    started, said = [], []
    made = Queue()
    made.serve(started.append, said.append)
    made.started, made.said = started, said
    return made


def names(queue):
    return [one.chosen.problem.image.name for one in queue.started]


def test_each_waits_for_the_one_before_it(queue):
    queue.begin([asked("GFP"), asked("DAPI")])
    assert names(queue) == ["GFP"]
    assert queue.place == "layer 1 of 2: 'GFP'"
    queue.on_idle()
    assert names(queue) == ["GFP", "DAPI"]
    assert queue.place == "layer 2 of 2: 'DAPI'"
    queue.on_idle()
    assert queue.said == ["2 of 2 layers are restored."]
    queue.on_idle()
    assert len(queue.said) == 1, "a run that comes later is none of it"
    assert queue.place == ""


def test_what_fails_is_told_and_the_others_come(queue):
    queue.begin([asked("GFP"), asked("DAPI")])
    queue.fail("It was dark.")
    queue.on_idle()
    queue.on_idle()
    assert queue.said == ["1 of 2 layers is restored. 'GFP' is not: It was dark."]


def test_what_is_refused_at_its_start_is_told_too(queue):
    def refuse(one):
        if one.chosen.problem.image.name == "GFP":
            raise ValueError("No.")
        queue.started.append(one)

    queue._start = refuse
    queue.begin([asked("GFP"), asked("DAPI")])
    assert names(queue) == ["DAPI"]
    with pytest.raises(ValueError, match="No"):
        queue.begin([asked("GFP")])


def test_a_queue_that_was_stopped_is_gone_on_with(queue):
    queue.begin([asked(name) for name in "abc"])
    queue.stop()
    queue.stop()
    queue.settle(stopped=True, warned=False)
    queue.on_idle()
    assert names(queue) == ["a"]
    assert queue.put_off == 2
    left = "'a' was stopped: what was reached is kept. 2 were not begun. Resume goes on with the rest."
    assert queue.said == [f"0 of 3 layers are restored. {left}"]
    queue.take_up()
    assert queue.place == "layer 1 of 3: 'a'"
    queue.settle(stopped=False, warned=True)
    queue.on_idle()
    assert queue.place == "layer 2 of 3: 'b'"
    queue.on_idle()
    queue.on_idle()
    assert names(queue) == ["a", "b", "c"]
    assert queue.said[1:] == ["3 of 3 layers are restored. ⚠\N{NO-BREAK SPACE}Trust has warnings of 'a'."]
    assert queue.put_off == 0


def test_what_was_put_off_is_forgotten_when_others_begin(queue):
    queue.begin([asked(name) for name in "abc"])
    queue.stop()
    queue.begin([asked("d")])
    queue.take_up()
    queue.on_idle()
    assert names(queue) == ["a", "d"]


def test_of_the_only_one_nothing_is_added(queue):
    queue.begin([asked("GFP")])
    assert queue.place == ""
    queue.on_idle()
    assert queue.said == []


def test_what_ends_while_nobody_is_there_is_told_to_the_next(queue):
    queue.begin([asked("GFP"), asked("DAPI")])
    queue.serve(queue.started.append, None)
    queue.on_idle()
    queue.on_idle()
    assert names(queue) == ["GFP", "DAPI"]
    assert queue.said == []
    queue.serve(queue.started.append, queue.said.append)
    queue.tell()
    queue.tell()
    assert queue.said == ["2 of 2 layers are restored."]


def test_it_is_told_whose_results_something_speaks_against(queue):
    queue.begin([asked("GFP"), asked("DAPI"), asked("RFP")])
    queue.settle(stopped=False, warned=True)
    queue.settle(stopped=False, warned=True)
    queue.on_idle()
    queue.settle(stopped=False, warned=False)
    queue.on_idle()
    queue.settle(stopped=False, warned=True)
    queue.fail("It was dark.")
    queue.on_idle()
    assert queue.said == [
        "2 of 3 layers are restored. 'RFP' is not: It was dark. ⚠\N{NO-BREAK SPACE}Trust has warnings of 'GFP'."
    ]
