"""What is decided once for a stack."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from napari_deep_prior import Denoise, Inpaint, Settings
from napari_deep_prior.core.run.plan import plan_for


def plane() -> np.ndarray:
    return np.random.default_rng(0).normal(100, 10, (1, 48, 56))


def test_it_measures_the_noise_chooses_and_says_why() -> None:
    task = Denoise()
    plan = plan_for(task, Settings(), plane(), task.masks(plane()))
    assert 8 < plan.noise.sigma < 12
    assert plan.notes[0].startswith(f"method {plan.method.name}: the noise is independent")
    assert plan.config.seconds == 180.0


def test_holes_are_told_of_and_a_rule_that_watches_the_variance_keeps_the_learning_rate() -> None:
    mask = np.zeros((48, 56))
    mask[10:13, 8:40] = 1
    task = Inpaint(mask=mask)
    plan = plan_for(task, Settings(stopping="running-variance"), plane(), task.masks(plane()))
    assert "holes that are typically 3 pixels wide" in plan.notes[1]
    assert not plan.config.anneal
    assert plan_for(task, Settings(), plane(), task.masks(plane())).config.anneal


def test_each_plane_has_its_own_noise_by_the_same_method() -> None:
    """A dark frame first, then noise five times as strong; a plane in which nothing can be measured has that of the first."""
    task, settings = Denoise(), Settings()
    masks = task.masks(plane())
    first = plan_for(task, settings, plane() / 5, masks)
    second = first.for_plane(task, plane(), masks)
    assert first.noise.sigma == pytest.approx(2, rel=0.2)
    assert second.noise.sigma == pytest.approx(10, rel=0.2)
    assert dataclasses.replace(second, noise=first.noise) == first
    ramp = np.broadcast_to(np.arange(56.0), (1, 48, 56))
    assert first.for_plane(task, ramp, masks).noise.sigma == pytest.approx(first.noise.sigma)
