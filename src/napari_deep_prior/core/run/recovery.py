"""Checkpoints to come back to."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # the window counts its moments before PyTorch is loaded
    import torch
from napari_deep_prior.core.run.history import thin_evenly


@dataclasses.dataclass(slots=True, eq=False)
class BestResult:
    """The moment of a fit that is its result; step 0 is what it started from."""

    iteration: int
    image: torch.Tensor
    deviation: torch.Tensor


class Checkpoints:
    """Full states of a fit by step, to come back to; at most `most`, evenly spread, the first and the newest among them."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._states: list[tuple[int, Any]] = []

    def add(self, iteration: int, state: Any) -> None:
        """Remember what the fit is after a step."""
        self._states.append((iteration, state))
        stay = thin_evenly([at for at, _ in self._states], self._most)
        self._states = [self._states[i] for i in stay]

    def newest(self, upto: float = math.inf) -> tuple[int, Any]:
        """The last one at or before a step, and at which it was; those after that step are forgotten."""
        self._states = [(at, state) for at, state in self._states if at <= max(0, upto)]
        return self._states[-1]
