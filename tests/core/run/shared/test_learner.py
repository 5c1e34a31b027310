"""What follows a fit is done piece by piece: shown, stopped, begun again after further steps, and ended with the reason of the fit."""

from __future__ import annotations

import itertools
import weakref
from collections.abc import Iterator

import numpy as np
import pytest

from napari_deep_prior import Fit, Settings
from napari_deep_prior.core.results import StopReason
from napari_deep_prior.core.run.shared.distilling import Progress
from napari_deep_prior.core.run.shared.learner import Learner

QUICK = Settings(preset="fast", iterations=2, seconds="never", device="cpu", context=0)


@pytest.fixture
def learner(film) -> Learner:
    """One that has three pieces to do after two steps."""
    fit = Fit(film(), None, QUICK, axes="TYX", clock=itertools.count().__next__)
    next(iter(fit))
    shared = fit._beginnings.shared
    assert shared is not None
    made: Learner = shared.learner
    made.begun = []

    class Three:
        def begin(self) -> Iterator[Progress]:
            made.begun.append(made.reason)
            for done in (1, 2, 3):
                yield Progress(done=done, left=3 - done)

    made.three = Three()
    made._afterwards = weakref.WeakMethod(made.three.begin)
    return made


def advance(learner: Learner, *, stop: bool = False) -> None:
    learner.advance(0, lambda: stop)


def test_it_has_not_ended_before_what_follows_is_done(learner: Learner) -> None:
    shown = []
    while learner.reason is None:
        advance(learner)
        snapshot = learner.snapshot((np.zeros(1), np.zeros(1)), 5)
        shown.append((snapshot.stage, snapshot.iteration, snapshot.iterations_left))
    assert shown == [("distilling", 1, 2), ("distilling", 2, 1), ("distilling", 3, 0), ("fitting", 2, 0)]
    assert learner.reason is StopReason.ITERATIONS
    assert learner.begun == [StopReason.ITERATIONS]


def test_it_can_be_stopped_in_between_and_goes_on(learner: Learner) -> None:
    advance(learner)
    advance(learner, stop=True)
    assert learner.reason is StopReason.REQUESTED
    learner.extend(None, None)
    assert learner.reason is None
    advance(learner)
    advance(learner)
    assert learner.reason is StopReason.ITERATIONS
    assert len(learner.begun) == 1


def test_further_steps_begin_it_again(learner: Learner) -> None:
    advance(learner)
    learner.finish()
    assert learner.reason is StopReason.ITERATIONS
    learner.extend(1, None)
    while learner.reason is None:
        advance(learner)
    assert learner.iteration == 3
    assert len(learner.begun) == 2


def test_its_state_is_that_of_a_fit_that_has_ended(learner: Learner) -> None:
    advance(learner)
    assert learner.reason is None
    assert learner.state_dict()["reason"] == "ITERATIONS"
