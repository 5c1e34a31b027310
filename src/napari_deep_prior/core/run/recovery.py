"""Recovery: full states of a fit to come back to, and the result to keep."""

from __future__ import annotations

import dataclasses
import math
from typing import Any, TypedDict

import torch

from napari_deep_prior.core.found import ErrorFound
from napari_deep_prior.core.results import Diverged
from napari_deep_prior.core.run.history import thin_evenly

_BYTES = 256 * 2**20
"""Bytes that all states together may take; when there are more, they are thinned out evenly."""


class BestState(TypedDict):
    """A `BestResult` as plain values."""

    iteration: int
    image: torch.Tensor
    deviation: torch.Tensor


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class BestResult:
    """The state of a fit that is its result; step 0 is the estimate it started from.

    `shares` are its weights where it is mixed with the result of the method `partner`, `bands` how the detail of that is changed, and
    `error` what is to be expected; `featureless` are the channels in which nothing but noise was found. See `PlaneReport`.
    """

    iteration: int
    image: torch.Tensor
    deviation: torch.Tensor
    shares: tuple[float, ...] = ()
    bands: tuple[float, ...] = ()
    partner: str | None = None
    error: ErrorFound | None = None
    featureless: tuple[int, ...] = ()

    @property
    def finite(self) -> bool:
        """Whether all of it are numbers."""
        return bool(torch.isfinite(self.image).all())

    @property
    def mixture(self) -> dict[str, Any]:
        """What the report of a plane tells of it."""
        names = ("shares", "bands", "partner", "error", "featureless")
        return {name: getattr(self, name) for name in names}

    def state_dict(self) -> BestState:
        """The same as plain values; its tensors are never changed in place."""
        return BestState(iteration=self.iteration, image=self.image, deviation=self.deviation)

    @classmethod
    def from_state(cls, state: BestState, device: torch.device) -> BestResult:
        """The inverse of `state_dict`, with its tensors on a device."""
        return cls(state["iteration"], state["image"].to(device), state["deviation"].to(device))


def unstable(iteration: int) -> Diverged:
    """The error of a fit that has nothing to keep."""
    return Diverged(
        f"The fit became unstable at step {iteration} and there is nothing to keep. "
        "Lower the learning rate, or choose precision float32."
    )


class PlaneState(TypedDict):
    """All that the fit of a plane is after a step.

    Attributes
    ----------
    iteration
        Steps taken.
    solver
        The states of the ensemble's members.
    watch
        Of the stopping rule at work.
    best
        The result to keep so far.
    setbacks
        How often the fit was set back after a divergence.
    seconds
        Solver time.
    checked
        The last step whose numbers were looked at.
    curve_points
        Points of the learning curve.
    """

    iteration: int
    solver: list[dict[str, Any]]
    watch: dict[str, float]
    best: BestState | None
    setbacks: int
    seconds: float
    checked: int
    curve_points: int


class Checkpoints:
    """States of a fit to come back to; at most `limit`, evenly spread, the first and the newest among them."""

    @classmethod
    def of_size(cls, size: int) -> Checkpoints:
        """For states of so many bytes each: as many as memory allows."""
        return cls(max(3, min(64, _BYTES // size)))

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._states: list[PlaneState] = []

    def add(self, state: PlaneState) -> None:
        """Remember the state after a step."""
        self._states.append(state)
        stay = thin_evenly([state["iteration"] for state in self._states], self._limit)
        self._states = [self._states[i] for i in stay]

    def before(self, iteration: int) -> PlaneState:
        """The last state at or before a step."""
        found: PlaneState = next(state for state in reversed(self._states) if state["iteration"] <= iteration)
        return found

    def newest(self, upto: float = math.inf) -> PlaneState:
        """The last state at or before a step; those after that step are forgotten."""
        self._states = [state for state in self._states if state["iteration"] <= max(0, upto)]
        return self._states[-1]

    def state_dict(self) -> list[PlaneState]:
        """The first and the newest state: from these every step can be reached again, and no disk is filled."""
        return [self._states[i] for i in sorted({0, len(self._states) - 1})]

    def load_state_dict(self, states: list[PlaneState]) -> None:
        """Restore these states."""
        self._states = list(states)
