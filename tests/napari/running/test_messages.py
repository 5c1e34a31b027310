"""What an outcome says of itself: how much is restored, what can be gone on with, what speaks against it."""

import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest

from napari_deep_prior._napari.running.messages import Outcome


def outcome(reached, planes, **more):
    record = SimpleNamespace(planes=tuple(SimpleNamespace(plane=number, drawings=0) for number in range(reached)))
    return Outcome(result=SimpleNamespace(record=record), data=np.zeros(1), planes=planes, **more)


@pytest.mark.parametrize(
    ("reached", "planes", "part", "extendable"),
    [(1, 1, "", ""), (5, 12, "5 of 12 planes", ""), (12, 12, "", "plane 12")],
)
def test_part_and_what_can_be_gone_on_with(reached, planes, part, extendable):
    assert outcome(reached, planes).part == part
    assert outcome(reached, planes).extendable == extendable


def test_warnings_are_those_of_the_course_and_those_of_the_result():
    trust = SimpleNamespace(warnings=("saturated",))
    assert outcome(1, 1, cautions=("twice",), trust=trust).warnings == ("twice", "saturated")
    assert outcome(1, 1, cautions=("twice",)).warnings == ("twice",)
    assert outcome(1, 1).warnings == ()


def test_of_planes_that_one_network_has_drawn_all_can_be_gone_on_with():
    drawn = outcome(12, 12)
    drawn.result.record.planes[-1].drawings = 8
    assert drawn.extendable == ""


def test_of_one_plane_what_is_done_is_how_far_it_came_and_of_a_stack_how_many_are_restored():
    assert outcome(1, 1).done == 1
    assert dataclasses.replace(outcome(1, 1), reached=0.25).done == 0.25
    assert dataclasses.replace(outcome(3, 12), reached=0.3).done == 0.25
