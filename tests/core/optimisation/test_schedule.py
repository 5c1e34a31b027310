"""The learning rate falls over the plan, and the plan fits into the time."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from napari_deep_prior.core.optimisation.schedule import CosineSchedule, learning_rate_factor


@given(st.integers(60, 2000))
def test_it_rises_shortly_and_then_falls(planned: int) -> None:
    rates = [learning_rate_factor(i, planned) for i in range(planned)]
    top = rates.index(max(rates))
    assert top < 20
    assert rates[:30] == [
        learning_rate_factor(i, None) for i in range(30)
    ]  # the same whatever the plan turns out to be
    assert rates[:top] == sorted(rates[:top])
    assert rates[top:] == sorted(rates[top:], reverse=True)
    assert 0 < rates[-1] < 0.05
    # Ahead of its clock it goes on as it ended.
    assert (
        rates[-1] >= learning_rate_factor(planned + 1, planned) == learning_rate_factor(round(1.1 * planned), planned)
    )
    assert rates[-1] < learning_rate_factor(2 * planned, planned) < 0.2  # a resumed fit still moves


def test_without_a_plan_it_stays() -> None:
    assert {learning_rate_factor(i, None) for i in range(20, 100)} == {1.0}


@given(st.floats(0.001, 1), st.one_of(st.none(), st.integers(40, 500)))
def test_the_plan_is_what_fits_into_the_time_and_is_made_once(each: float, asked: int | None) -> None:
    plan = CosineSchedule(asked, seconds=100.0)
    for i in range(1, 60):
        plan.calibrate(i, 5 + i * each)
    made = plan.scheduled_steps
    assert made is not None
    assert made <= (asked or math.inf)
    assert 5 + made * each < 100 or made == 31  # with something to spare
    assert made == asked or 5 + made * each > 80 or made == 31
    for i in range(1, 60):
        plan.calibrate(i, 900.0 * i)
    assert plan.scheduled_steps == made


def test_no_time_no_change() -> None:
    plan = CosineSchedule(70, seconds=math.inf)
    for i in range(1, 60):
        plan.calibrate(i, 10.0 * i)
    assert plan.scheduled_steps == 70
