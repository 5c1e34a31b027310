"""How a run went: what is told of planes that were not reached and of fits that had hardly begun."""

import dataclasses

import pytest

from napari_deep_prior.core.diagnostics.course import course_warnings, numbered, percent, restored_of, unrestored
from napari_deep_prior.core.results import PlaneReport, StopReason


def report(**changes) -> PlaneReport:
    whole = PlaneReport(
        plane=0, iterations=400, chosen=390, seconds=9.0, invented=0.0, reason="PLATEAU", method="", notes=(), curve=()
    )
    return dataclasses.replace(whole, **changes)


@pytest.mark.parametrize(
    "reports",
    [
        [report()],
        [report(reason="SECONDS")],
        [report(iterations=40, chosen=40)],  # the rule ended it
        [report(chosen=0)],  # the start was best, by the held-out pixels
        [report(iterations=0, chosen=0, reason="NOTHING")],
        [report(chosen=300, notes=("step 300 was chosen by hand",))],
    ],
)
def test_a_run_that_went_well_raises_no_alarm(reports):
    assert course_warnings(reports, len(reports)) == ()


def test_planes_that_were_not_reached_are_named():
    reports = [report(plane=k) for k in range(4)] + [report(plane=4, reason=StopReason.REQUESTED.name)]
    assert unrestored(reports, 12) == [5, 6, 7, 8, 9, 10, 11]
    assert course_warnings(reports, 12) == (
        "5 of 12 planes are restored: planes 6-12 still show the original.",
        "Plane 5 was stopped before its end.",
    )


def test_one_plane_is_one():
    assert restored_of(1, 6, "planes") == "1 of 6 planes is restored"
    reports = [report(plane=k, reason=StopReason.REQUESTED.name) for k in (0, 1)]
    assert course_warnings(reports, 3) == (
        "2 of 3 planes are restored: plane 3 still shows the original.",
        "Planes 1-2 were stopped before their end.",
    )


@pytest.mark.parametrize(
    ("reason", "words", "more"),
    [("SECONDS", "time budget", "time"), ("ITERATIONS", "number of iterations", "iterations")],
)
def test_an_end_before_the_fit_had_begun_is_told_and_what_it_wants_more_of(reason, words, more):
    (warning,) = course_warnings([report(iterations=12, chosen=12, reason=reason)], 1)
    assert f"Ended by the {words} after 12 steps" in warning
    assert f"Give it more {more}, or press Resume." in warning


def test_an_early_snapshot_chosen_by_hand_is_told():
    (warning,) = course_warnings([report(chosen=1, notes=("step 1 was chosen by hand",))], 1)
    assert warning.startswith("Step 1, of 400, was chosen by hand")


@pytest.mark.parametrize(
    ("planes", "words"), [([2], "plane 3"), ([5, 6, 7], "planes 6-8"), ([0, 3, 4], "planes 1, 4-5")]
)
def test_planes_are_counted_from_one(planes, words):
    assert numbered(planes) == words


@pytest.mark.parametrize(("fraction", "text"), [(0.0312, "3.1 %"), (0.5, "50 %"), (1, "100 %"), (0.0004, "0.04 %")])
def test_share(fraction, text):
    assert percent(fraction) == text
