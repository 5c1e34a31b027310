"""States to come back to: few, evenly spread, the first and the newest among them."""

from __future__ import annotations

import itertools

import pytest
import torch

from napari_deep_prior.core.run.recovery import BestResult, Checkpoints, PlaneState


def state(iteration: int) -> PlaneState:
    return PlaneState(
        iteration=iteration,
        solver=[{"weights": torch.zeros(2)}],
        watch={},
        best=None,
        setbacks=0,
        seconds=0.0,
        checked=iteration,
        curve_points=0,
    )


def filled(limit: int, steps: list[int]) -> Checkpoints:
    kept = Checkpoints(limit)
    for step in steps:
        kept.add(state(step))
    return kept


def steps_of(kept: Checkpoints) -> list[int]:
    """By going back through all that are remembered; forgets them."""
    found = [kept.newest()["iteration"]]
    while found[-1] > 0:
        found.append(kept.newest(found[-1] - 1)["iteration"])
    return found[::-1]


def test_there_are_never_more_than_the_limit_and_they_are_evenly_spread() -> None:
    steps = steps_of(filled(5, list(range(0, 1700, 100))))
    assert len(steps) == 5
    assert (steps[0], steps[-1]) == (0, 1600)
    gaps = [after - before for before, after in itertools.pairwise(steps)]
    assert max(gaps) <= 2 * min(gaps) + 100


def test_all_are_kept_where_there_is_room() -> None:
    assert steps_of(filled(9, [0, 100, 200, 300])) == [0, 100, 200, 300]


@pytest.mark.parametrize(("upto", "found"), [(250, 200), (200, 200), (199, 100), (0, 0), (-5, 0)])
def test_going_back_finds_the_last_at_or_before_a_step_and_forgets_what_came_later(upto: int, found: int) -> None:
    kept = filled(9, [0, 100, 200, 300])
    assert kept.newest(upto)["iteration"] == found
    assert kept.newest()["iteration"] == found


def test_the_first_and_the_newest_are_what_is_written_to_disk() -> None:
    fresh = Checkpoints(5)
    fresh.load_state_dict(filled(9, [0, 100, 200]).state_dict())
    assert steps_of(fresh) == [0, 200]
    assert [saved["iteration"] for saved in filled(9, [0]).state_dict()] == [0]


def test_a_best_result_is_the_same_after_a_trip() -> None:
    best = BestResult(7, torch.rand(1, 1, 3, 4), torch.rand(1, 1, 3, 4))
    again = BestResult.from_state(best.state_dict(), torch.device("cpu"))
    assert again.iteration == 7
    assert torch.equal(again.image, best.image)
    assert torch.equal(again.deviation, best.deviation)
