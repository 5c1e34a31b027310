"""Durations, fractions and reasons in words."""

import dataclasses
from types import SimpleNamespace

import pytest

from napari_deep_prior._napari.widgets import wording
from napari_deep_prior.core.results import PlaneReport, Snapshot, StopReason

HALF = Snapshot(
    plane=0, planes=1, index=(), iteration=50, iterations_left=50, seconds=10, loss=1, held_out=None, image=None
)


STACK = dataclasses.replace(HALF, plane=1, planes=4, turn=1)


OPEN = dataclasses.replace(HALF, iterations_left=None)


def test_fractions():
    assert wording.fraction_done(HALF) == 0.5
    assert wording.fraction_done(STACK) == 1.5 / 4
    assert wording.fraction_done(OPEN) is None


def test_time_left_counts_the_planes_to_come():
    assert wording.seconds_left(HALF) == 10
    assert wording.seconds_left(STACK) == 10 + 2 * 20
    assert wording.seconds_left(OPEN) is None


def test_lines():
    assert wording.steps_text(HALF) == "Iteration 50 of at most 100 · 5.0 a second"
    assert wording.steps_text(STACK) == "Plane 2 of 4 · iteration 50 of at most 100 · 5.0 a second"
    assert wording.steps_text(OPEN) == "Iteration 50 · 5.0 a second"
    assert wording.times_text(HALF, 7) == "Elapsed 0:07 · at most 0:10 left"
    assert wording.times_text(OPEN, 7) == "Elapsed 0:07"


def test_a_network_for_all_planes_learns_first_and_then_draws():
    learning = dataclasses.replace(HALF, planes=4, stage="learning")
    drawing = dataclasses.replace(STACK, iteration=2, iterations_left=6, seconds=1, stage="drawing")
    assert wording.fraction_done(learning) == 0.25
    assert wording.fraction_done(drawing) == (1 + 1.25 / 4) / 2
    assert wording.seconds_left(learning) == 10
    assert wording.seconds_left(drawing) == 3 + 2 * 4
    assert wording.steps_text(learning) == "Learning for all 4 planes · iteration 50 of at most 100 · 5.0 a second"
    assert wording.steps_text(drawing) == "Plane 2 of 4 · drawing 2 of at most 8"
    assert wording.times_text(learning, 7) == "Elapsed 0:07 · at most 0:10 left, then all planes are drawn"


def test_a_network_that_is_distilled_in_between_is_counted_and_no_time_is_told():
    distilling = dataclasses.replace(HALF, planes=4, iteration=120, iterations_left=480, stage="distilling")
    assert wording.fraction_done(distilling) == 0.5
    assert wording.seconds_left(distilling) is None
    assert wording.steps_text(distilling) == "Distilling a faster network for all 4 planes · 120 of 600"
    assert wording.times_text(distilling, 7) == "Elapsed 0:07"


def test_where_a_plane_lies_is_said_as_the_sliders_say_it():
    first = dataclasses.replace(HALF, plane=17, planes=48)
    assert wording.steps_text(first, "t 5 · z 2").startswith("t 5 · z 2 (plane 18 of 48) · iteration 50")
    learning = dataclasses.replace(first, stage="learning")
    assert wording.steps_text(learning, "t 5 · z 2").startswith(
        "Learning for all 48 planes · t 5 · z 2 (plane 18 of 48) is shown · iteration 50"
    )
    drawing = dataclasses.replace(first, stage="drawing", iteration=2, iterations_left=6)
    assert wording.steps_text(drawing, "t 5 · z 2") == "t 5 · z 2 (plane 18 of 48) · drawing 2 of at most 8"


def test_a_stack_that_begins_in_its_middle_has_just_begun():
    first = dataclasses.replace(HALF, plane=3, planes=4)
    assert wording.fraction_done(first) == 0.5 / 4
    assert wording.seconds_left(first) == 10 + 3 * 20


@pytest.mark.parametrize(
    ("seconds", "text"), [(7, "0:07"), (59.6, "1:00"), (754, "12:34"), (3723, "1 h 02 min"), (216000, "60 h 00 min")]
)
def test_clock(seconds, text):
    assert wording.duration(seconds) == text


def ended(*reasons, iterations=9, notes=()):
    planes = [
        PlaneReport(
            plane=i,
            iterations=iterations,
            chosen=9,
            seconds=1,
            invented=0,
            reason=reason.name,
            method="deep-image-prior",
            notes=(),
            curve=(),
        )
        for i, reason in enumerate(reasons)
    ]
    record = SimpleNamespace(planes=tuple(planes), invented=0.0, notes=notes)
    return wording.result_text(SimpleNamespace(reason=reasons[-1], record=record))


def test_what_was_never_begun_kept_nothing():
    assert "iteration 9 of 9" in ended(StopReason.PLATEAU)
    assert "iteration" not in ended(StopReason.NOTHING, iterations=0)


def test_what_a_record_notes_is_told():
    assert ended(StopReason.PLATEAU, notes=("The PSF lies askew.",)).endswith(" The PSF lies askew.")


def test_planes_that_ended_alike_are_not_counted():
    assert ended(*[StopReason.PLATEAU] * 3) == f"Ended: {StopReason.PLATEAU.value}."


def test_planes_that_ended_differently_are_told_apart():
    said = ended(*[StopReason.PLATEAU] * 3, StopReason.DIVERGED, *[StopReason.PLATEAU] * 8)
    assert said == f"Ended: 11 planes: {StopReason.PLATEAU.value}; plane 4: {StopReason.DIVERGED.value}."
    assert "planes 1, 2: you stopped it" in ended(*[StopReason.REQUESTED] * 2, StopReason.SECONDS)


def test_warnings_are_counted_where_one_looks():
    assert wording.warned(0) == ""
    assert wording.warned(1) == "⚠\N{NO-BREAK SPACE}Trust has 1 warning."
    assert wording.warned(2) == "⚠\N{NO-BREAK SPACE}Trust has 2 warnings."
