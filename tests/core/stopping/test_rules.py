"""Stopping rules on made-up traces, no network."""

from __future__ import annotations

import types

import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_deep_prior.core.results import StopReason
from napari_deep_prior.core.stopping.rules import EarlyStopping, NeverStop


def test_falling_then_rising_keeps_the_bottom(run) -> None:
    trace = [abs(i - 40) / 40 + 1 for i in range(200)]
    assert run(EarlyStopping(), trace) == (410, 620, StopReason.HELD_OUT)


def test_a_plateau_stops_as_one(run) -> None:
    kept, last, reason = run(EarlyStopping(), [max(1.0, 2 - i / 20) for i in range(200)])
    assert reason is StopReason.PLATEAU
    assert 210 < kept == last < 400  # of equals the latest


def test_a_trace_that_keeps_falling_goes_on(run) -> None:
    assert run(EarlyStopping(), [1000 - i for i in range(500)]) == (5000, 5000, None)


def test_patience_grows_with_the_steps_taken(run) -> None:
    early = run(EarlyStopping(), [1 if i == 9 else 2 for i in range(500)])[1]
    late = run(EarlyStopping(), [2 - i / 1e3 if i < 200 else 3 for i in range(900)])[1]
    assert early - 100 < late - 2000


def test_among_equals_within_the_tolerance_the_later_is_kept(run) -> None:
    noisy = [1 + 0.001 * (i % 3) for i in range(12)]
    assert run(EarlyStopping(keep_tolerance=0.002), noisy)[0] == 120
    assert run(EarlyStopping(), noisy)[0] == 100


def test_a_later_result_is_kept_for_a_real_gain_only(run) -> None:
    slowly = [1 - 0.01 * i for i in range(12)]  # 1.00, 0.99, ...: six per cent below the first at the seventh
    assert run(EarlyStopping(keep_gain=0.055), slowly)[0] == 70
    assert run(EarlyStopping(keep_gain=0.5), slowly)[0] == 10


def test_a_rise_within_twice_the_tolerance_is_a_plateau(run) -> None:
    falling = [2 - i / 20 for i in range(20)]

    def ends(rise: float) -> StopReason | None:
        return run(EarlyStopping(keep_tolerance=0.1), [*falling, *[falling[-1] * rise] * 200])[2]

    assert (ends(1.19), ends(1.22)) == (StopReason.PLATEAU, StopReason.HELD_OUT)


@pytest.mark.parametrize("rule", [EarlyStopping(), NeverStop()])
def test_rules_of_an_error_watch_it_or_the_loss_and_let_the_learning_rate_fall(rule) -> None:
    fit = types.SimpleNamespace(loss=lambda: 3.0)
    assert (rule.watched(fit, 2.0), rule.watched(fit, None)) == (2.0, 3.0)
    assert rule.allows_annealing


@given(st.lists(st.floats(0.1, 10), min_size=1, max_size=200))
def test_what_is_kept_is_the_smallest_seen(run, trace: list[float]) -> None:
    kept, last, _ = run(EarlyStopping(), trace)
    assert trace[kept // 10 - 1] == min(trace[: last // 10])


@given(st.lists(st.floats(0.1, 10), min_size=1, max_size=100))
def test_latest_never_stops(run, trace: list[float]) -> None:
    assert run(NeverStop(), trace) == (10 * len(trace), 10 * len(trace), None)


def test_two_watches_of_one_rule_share_nothing(run) -> None:
    rule = EarlyStopping()
    run(rule, [1.0] * 50)
    assert run(rule, [5.0])[0] == 10


@given(st.lists(st.floats(0.1, 10), min_size=2, max_size=60), st.integers(1, 50))
def test_a_watch_goes_on_from_its_state_as_if_nothing_had_happened(trace: list[float], at: int) -> None:
    rule = EarlyStopping(keep_gain=0.02, keep_tolerance=0.01)
    whole, first, resumed = rule.start(), rule.start(), rule.start()
    verdicts = [whole(10 * i, value) for i, value in enumerate(trace, 1)]
    for i, value in enumerate(trace[:at], 1):
        first(10 * i, value)
    resumed.load_state_dict(first.state_dict())
    assert [resumed(10 * i, value) for i, value in list(enumerate(trace, 1))[at:]] == verdicts[at:]


def test_a_gain_of_just_what_is_asked_for_is_kept(run) -> None:
    assert run(EarlyStopping(keep_gain=0.5), [1.0, 0.5])[0] == 20
    assert run(EarlyStopping(keep_gain=0.5), [1.0, 0.51])[0] == 10


def test_an_improvement_of_a_thousandth_at_a_time_is_worth_waiting_for(run) -> None:
    """One of less than half of that is not."""
    assert run(EarlyStopping(), [(1 - 0.0008) ** (i // 10) for i in range(200)])[2] is None
    assert run(EarlyStopping(), [(1 - 0.0002) ** (i // 10) for i in range(200)])[2] is StopReason.PLATEAU


def test_the_watch_of_a_rule_that_never_stops_has_no_state() -> None:
    watch = NeverStop().start()
    assert watch.state_dict() == {}
    watch.load_state_dict({})
