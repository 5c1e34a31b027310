"""The control of one plane's fit: when its numbers are looked at, when it ends, where it goes back to."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
import torch

from napari_deep_prior import Denoise, Settings
from napari_deep_prior.core.compute import device
from napari_deep_prior.core.data.axes import Axes
from napari_deep_prior.core.data.stack import PlaneStack
from napari_deep_prior.core.results import PlannedSteps, StopReason
from napari_deep_prior.core.run.plan import plan_for
from napari_deep_prior.core.run.plane_fit import CHECK, PlaneFit
from napari_deep_prior.core.run.prepare_plane import prepare_plane
from napari_deep_prior.core.solver.ensemble import Ensemble

SETTINGS = Settings(
    preset="fast", method="deep-image-prior", iterations=24, seconds="never", device="cpu", precision="float32"
)
CPU = device.choose("cpu", "float32", 1)


class Clock:
    """Time that passes by being looked at."""

    now = 0.0

    def __call__(self) -> float:
        self.now += 0.01
        return self.now


def fit_of(number: int = 0, *, settings: Settings = SETTINGS, **options: Any) -> PlaneFit:
    """Of one of two planes."""
    image = np.random.default_rng(0).normal(500, 60, (2, 16, 20)) + np.linspace(0, 400, 20)
    axes, task = Axes("TYX"), Denoise()
    piece = PlaneStack(image, axes).piece(number)
    pixels = axes.to_cyx(piece.read())
    masks = task.masks(pixels)
    plan = plan_for(task, settings, pixels, masks)
    plane = prepare_plane(piece, pixels, axes, task, masks, plan.noise, CPU)
    return PlaneFit(plane, plan, seed=3, clock=Clock(), **options)


def go(fit: PlaneFit, steps: int) -> PlaneFit:
    for _ in range(steps):
        fit.advance(0.0, lambda: False)
    return fit


def test_it_always_takes_a_step() -> None:
    fit = fit_of()
    fit.advance(0.0, lambda: True)
    assert (fit.iteration, fit.reason) == (1, StopReason.REQUESTED)


def test_its_numbers_are_looked_at_from_time_to_time_and_at_the_end() -> None:
    fit = fit_of()
    fit.advance(1e9, lambda: False)
    assert fit.reason is StopReason.ITERATIONS
    assert [point.iteration for point in fit.curve] == [CHECK, 2 * CHECK, 24]


def test_the_time_of_others_does_not_count() -> None:
    fit = fit_of(settings=dataclasses.replace(SETTINGS, seconds=1.0, iterations=10**6))
    fit.advance(0.0, lambda: False)
    fit._clock.now += 100
    fit.advance(0.0, lambda: False)
    assert fit.reason is None
    assert fit.seconds < 1


def test_it_goes_back_to_an_earlier_step_and_takes_the_same_ones_again() -> None:
    fit = go(fit_of(), 24)
    image, curve = fit.solver.image, list(fit.curve)
    fit.extend(12, None, back_to=12)
    assert fit.iteration == 0, "the last state that was remembered before"
    go(fit, 24)
    assert fit.reason is StopReason.ITERATIONS, "the steps up to the asked one did not count"
    assert torch.equal(fit.solver.image, image)
    assert [point.loss for point in fit.curve] == [point.loss for point in curve]


def test_a_further_budget_counts_from_where_it_is() -> None:
    fit = go(fit_of(), 24)
    fit.extend(5, None)
    assert fit.reason is None
    fit.advance(1e9, lambda: False)
    assert (fit.iteration, fit.reason) == (29, StopReason.ITERATIONS)


def test_a_replay_keeps_the_step_that_was_kept_and_obeys_no_rule() -> None:
    fit = fit_of(replay=PlannedSteps(iterations=15, chosen=7, scheduled_steps=24))
    fit.advance(1e9, lambda: False)
    report = fit.report()
    assert (report.iterations, report.chosen, report.scheduled_steps) == (15, 7, 24)


def diverging(monkeypatch: pytest.MonkeyPatch, at: set[int]) -> None:
    """Let a fit look diverged at these looks, counted from 1."""
    looks = iter(range(1, 10**6))
    monkeypatch.setattr(Ensemble, "diverged", lambda self: next(looks) in at)


def test_a_jump_sets_it_back_and_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    diverging(monkeypatch, {2})
    fit = go(fit_of(), 24)
    assert fit.reason is StopReason.ITERATIONS
    assert [point.iteration for point in fit.curve] == [10, 24], "there is no point of the jump"
    assert "set back 1 times after a jump" in fit.report().notes


def test_one_that_jumps_again_and_again_is_given_up_with_its_best(monkeypatch: pytest.MonkeyPatch) -> None:
    diverging(monkeypatch, set(range(2, 100)))
    fit = fit_of(settings=dataclasses.replace(SETTINGS, iterations=200))
    fit.advance(1e9, lambda: False)
    assert fit.reason is StopReason.DIVERGED
    assert fit.iteration == 50
    assert fit.report().chosen == 10


def test_a_copy_of_its_state_is_not_changed_by_further_steps() -> None:
    fit = go(fit_of(), 12)
    state, image = fit.state_dict(), fit.solver.image
    go(fit, 5)
    fit.load_state_dict(state)
    assert fit.iteration == 12
    assert torch.equal(fit.solver.image, image)


def test_whatever_is_computed_on_the_way_back_has_the_threads_of_the_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sums depend on how they are split, and a sampler may make its training images anew."""
    fit, threads = go(fit_of(), 3), []
    load = Ensemble.load_state_dict

    def watched(self: Ensemble, state: Any) -> None:
        threads.append(torch.get_num_threads())
        load(self, state)

    monkeypatch.setattr(Ensemble, "load_state_dict", watched)
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        fit.load_state_dict(fit.state_dict())
        fit.extend(5, None, back_to=0)
    finally:
        torch.set_num_threads(before)
    assert threads == [1, 1]


def test_a_snapshot_tells_where_it_is() -> None:
    fit = go(fit_of(1), 12)
    snapshot = fit.snapshot(fit.picture(best=False), 2)
    assert (snapshot.plane, snapshot.planes, snapshot.iteration, snapshot.iterations_left) == (1, 2, 12, 12)
    assert snapshot.index[0] == 1
    assert snapshot.image.shape == (16, 20)
    assert snapshot.kept == 10
    assert snapshot.loss == fit.curve[-1].loss
