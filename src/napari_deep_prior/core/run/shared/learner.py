"""Learner: the fit in which a network learns for all planes, and what is found out with it before it draws."""

from __future__ import annotations

import dataclasses
import time
import weakref
from collections.abc import Callable, Iterator
from typing import Any

from napari_deep_prior.core.results import PlannedSteps, Snapshot, StopReason
from napari_deep_prior.core.run.plan import Plan
from napari_deep_prior.core.run.plane_fit import PlaneFit
from napari_deep_prior.core.run.prepare_plane import PreparedPlane
from napari_deep_prior.core.run.presentation import Picture
from napari_deep_prior.core.run.shared.distilling import Progress
from napari_deep_prior.core.run.throttle import Clock


class Learner(PlaneFit):
    """A fit that has not ended before what follows its last step is done: piece by piece, so that it shows, and can be stopped.

    Parameters
    ----------
    plane, plan, seed, replay, clock
        As for `PlaneFit`.
    afterwards
        The method that begins what follows; asked when the fit has ended, and `reason` still says why. Whose it is, is not kept alive.
    """

    def __init__(
        self,
        plane: PreparedPlane,
        plan: Plan,
        afterwards: Callable[[], Iterator[Progress]],
        *,
        seed: int,
        replay: PlannedSteps | None = None,
        clock: Clock = time.perf_counter,
    ) -> None:
        super().__init__(plane, plan, seed=seed, replay=replay, clock=clock)
        self._afterwards = weakref.WeakMethod(afterwards)  # a circle would keep both in memory
        self._ended_by: StopReason | None = None
        self._rest: Iterator[Progress] | None = None
        self._progress: Progress | None = None

    def advance(self, seconds: float, stopping: Callable[[], bool]) -> None:
        """Learn, or go on with what follows, for about `seconds`; `reason` is set when all is done, or it was stopped."""
        if self._ended_by is None:
            super().advance(seconds, stopping)
            if self.reason in (None, StopReason.REQUESTED):
                return
            self._ended_by = self.reason
        started, before = self._clock(), self.seconds
        while True:
            self._next()
            if self.reason is None and stopping():
                self.reason = StopReason.REQUESTED
            if self.reason is not None or self._clock() - started >= seconds:
                break
        self.seconds = before + self._clock() - started

    def _next(self) -> None:
        """One more piece of what follows; `reason` is set where there is none."""
        self.reason = self._ended_by
        if self._rest is None:
            begin = self._afterwards()
            assert begin is not None
            self._rest = begin()
        self._progress = next(self._rest, None)
        if self._progress is not None:
            self.reason = None

    def finish(self) -> None:
        """All that follows the fit, which has ended, at once."""
        while self._ended_by is not None and (self._rest is None or self.reason is None):
            self._next()

    def extend(self, iterations: int | None, seconds: float | None, back_to: int | None = None) -> None:
        further = (iterations, seconds, back_to) != (None, None, None)
        if self._ended_by is not None and self.reason is StopReason.REQUESTED and not further:
            self.reason = None
            return
        self._ended_by = self._rest = self._progress = None
        super().extend(iterations, seconds, back_to)

    def snapshot(self, picture: Picture, planes: int) -> Snapshot:
        snapshot, progress = super().snapshot(picture, planes), self._progress
        if progress is None:
            return snapshot
        return dataclasses.replace(
            snapshot, stage="distilling", iteration=progress.done, iterations_left=progress.left, shown=self.iteration
        )

    def state_dict(self) -> dict[str, Any]:
        reason = self._ended_by or self.reason
        return {**super().state_dict(), "reason": None if reason is None else reason.name}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        super().load_state_dict(state)
        if self.reason not in (None, StopReason.REQUESTED):
            self._ended_by, self.reason = self.reason, None
