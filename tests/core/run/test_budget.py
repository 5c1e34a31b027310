"""Budgets: whichever is used up first ends a fit; a further one counts from where it is."""

from __future__ import annotations

import dataclasses
import math

import pytest

from napari_deep_prior import Denoise, Settings
from napari_deep_prior.core.methods import Config, Evidence
from napari_deep_prior.core.methods._base import UNLIMITED
from napari_deep_prior.core.noise.estimate import NoiseEstimate
from napari_deep_prior.core.results import PlannedSteps, StopReason
from napari_deep_prior.core.run.budget import Budget, check_further, schedule_of
from napari_deep_prior.core.run.plan import plan_from

BOTH = Budget(iterations=100, seconds=20.0)


def config(**changed: object) -> Config:
    noise = NoiseEstimate(sigma=1.0, patches=9, correlation=(1.0, 0.0), pixels=1920)
    return dataclasses.replace(plan_from(Denoise(), Settings(), Evidence(noise=noise, pixels=1920)).config, **changed)


@pytest.mark.parametrize(
    ("iteration", "seconds", "reason"),
    [
        (99, 19.9, None),
        (100, 0.0, StopReason.ITERATIONS),
        (5, 20.0, StopReason.SECONDS),
        (100, 20.0, StopReason.ITERATIONS),
    ],
)
def test_whichever_is_used_up_first(iteration: int, seconds: float, reason: StopReason | None) -> None:
    assert BOTH.exhausted_by(iteration, seconds) is reason


def test_it_says_why_a_fit_ends_after_its_steps() -> None:
    assert Budget(iterations=1, seconds=9, done=StopReason.COMPUTED).exhausted_by(1, 0) is StopReason.COMPUTED


def test_what_remains_is_told_from_the_speed_so_far() -> None:
    assert BOTH.remaining(0, 0.0) is None, "no step was timed"
    assert BOTH.remaining(50, 5.0) == 50, "the steps end first"
    assert BOTH.remaining(50, 15.0) == 17, "the time ends first"
    assert BOTH.remaining(150, 30.0) == 0
    assert Budget(iterations=UNLIMITED, seconds=math.inf).remaining(50, 5.0) is None


def test_a_further_budget_is_the_same_again_or_as_given() -> None:
    assert BOTH.renewed(None, None) == BOTH
    assert BOTH.renewed(7, None) == Budget(iterations=7, seconds=math.inf)
    assert BOTH.renewed(None, 3.0) == Budget(iterations=UNLIMITED, seconds=3.0)
    assert BOTH.renewed(7, 3.0).shifted(100, 20.0) == Budget(iterations=107, seconds=23.0)


@pytest.mark.parametrize(("iterations", "seconds"), [(0, None), (-1, None), (None, 0.0), (5, -1.0)])
def test_a_further_budget_that_is_none_is_refused(iterations: int | None, seconds: float | None) -> None:
    with pytest.raises(ValueError, match="a further budget must be more than 0"):
        check_further(iterations, seconds)


def test_a_recorded_run_has_its_steps_however_long_they_take() -> None:
    replay = PlannedSteps(iterations=12, chosen=5, scheduled_steps=80)
    given = config(iterations=300, seconds=60.0)
    assert Budget.of(given, None) == Budget(iterations=300, seconds=60.0)
    assert Budget.of(given, replay) == Budget(iterations=12, seconds=math.inf)
    assert schedule_of(given, replay).scheduled_steps == 80


def test_the_rate_falls_over_the_steps_asked_for() -> None:
    assert schedule_of(config(iterations=300), None).scheduled_steps == 300
    assert schedule_of(config(iterations=UNLIMITED), None).scheduled_steps is None
    assert schedule_of(config(iterations=300, anneal=False), None).scheduled_steps is None
