"""Ensemble: fits of one plane that differ in their seed alone, in step with each other; their mean is the result."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from napari_deep_prior.core.solver.solver import Solver


class Ensemble:
    """So many descents, seen as one: each step is one of each.

    What two fits draw by chance differs and halves in the mean (the paper averages two runs). In step, rather than one after
    the other, the mean can be watched, stopped and gone back in like a single fit.

    Parameters
    ----------
    seeds
        One descent for each.
    start
        Seed -> a descent that has not begun.
    """

    def __init__(self, seeds: Sequence[int], start: Callable[[int], Solver]) -> None:
        self._members = [start(seed) for seed in seeds]

    @property
    def iteration(self) -> int:
        """Steps taken by each."""
        return self._members[0].iteration

    @property
    def begun(self) -> bool:
        """Whether there is a picture before the first step, which the fit has to surpass."""
        return self._members[0].begun is not None

    def begun_with_all(self) -> torch.Tensor:
        """That picture, made of all known pixels; the same for all."""
        return self._members[0].begun_with_all()

    @property
    def held_out(self) -> NDArray[np.bool_]:
        """Which pixels were kept out of all fits."""
        return self._members[0].held_out

    @property
    def memory(self) -> int:
        """Bytes at the peak: one step at a time, and what each keeps between its steps."""
        return self._members[0].memory + sum(member.size for member in self._members[1:])

    @property
    def size(self) -> int:
        """Bytes of a copy of the state, nearly."""
        return sum(member.size for member in self._members)

    def step(self, rate: float = 1.0) -> None:
        """One step of each, at this share of the full learning rate."""
        for member in self._members:
            member.step(rate)

    @property
    def image(self) -> torch.Tensor:
        """Mean of the results so far, (1, c, y, x)."""
        return torch.cat([member.image for member in self._members]).mean(0, keepdim=True)

    @property
    def deviation(self) -> torch.Tensor:
        """How much the late outputs of all differ, (1, c, y, x): within each, and from one to the other."""
        if len(self._members) == 1:
            return self._members[0].deviation
        within = torch.cat([member.deviation.square() for member in self._members]).mean(0, keepdim=True)
        between = torch.cat([member.image for member in self._members]).var(0, correction=0, keepdim=True)
        return (within + between).sqrt()

    def loss(self) -> float:
        """Mean misfit on the fitted pixels."""
        return sum(member.loss() for member in self._members) / len(self._members)

    def held_out_loss(self) -> float | None:
        """Mean misfit on the pixels kept out of the fit; None where none were. That of the mean image is a little less."""
        found = [loss for member in self._members if (loss := member.held_out_loss()) is not None]
        return sum(found) / len(found) if found else None

    def watched(self) -> float:
        """The number the stopping rule asks for."""
        return sum(member.watched() for member in self._members) / len(self._members)

    def diverged(self) -> bool:
        """Whether any has."""
        return any([member.diverged() for member in self._members])

    def start_from(self, other: Ensemble) -> None:
        """Take over what a neighbouring plane's fit has learnt, each from its own."""
        for member, neighbour in zip(self._members, other._members, strict=True):
            member.start_from(neighbour)

    def state(self) -> list[dict[str, Any]]:
        """A full copy to come back to."""
        return [member.state() for member in self._members]

    def load(self, state: list[dict[str, Any]]) -> None:
        """Come back to a copy; see `Descent.load`."""
        for member, copy in zip(self._members, state, strict=True):
            member.load(copy)

    def rewind(self, state: list[dict[str, Any]]) -> None:
        """Come back to a copy in all respects; see `Descent.rewind`."""
        for member, copy in zip(self._members, state, strict=True):
            member.rewind(copy)
