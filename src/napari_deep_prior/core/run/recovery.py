"""Recovery: full states of a fit to come back to, and the result to keep."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import torch

from napari_deep_prior.core.run.history import thin_evenly


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class BestResult:
    """The state of a fit that is its result; step 0 is the estimate it started from."""

    iteration: int
    image: torch.Tensor
    deviation: torch.Tensor


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PlaneState:
    """All that a plane's fit is after a step, as tensors and numbers.

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
    curve_points
        Points of the learning curve.
    """

    iteration: int
    solver: list[dict[str, Any]]
    watch: dict[str, float]
    best: BestResult | None
    setbacks: int
    seconds: float
    curve_points: int


class Checkpoints:
    """States of a fit to come back to; at most `limit`, evenly spread, the first and the newest among them."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._states: list[PlaneState] = []

    def add(self, state: PlaneState) -> None:
        """Remember the state after a step."""
        self._states.append(state)
        stay = thin_evenly([state.iteration for state in self._states], self._limit)
        self._states = [self._states[i] for i in stay]

    def newest(self, upto: float = math.inf) -> PlaneState:
        """The last state at or before a step; those after that step are forgotten."""
        self._states = [state for state in self._states if state.iteration <= max(0, upto)]
        return self._states[-1]
