"""Ensemble: fits of one plane that differ in their seed alone, in step with each other; their mean is the result."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch

from napari_deep_prior.core.sampling.observation import Observation
from napari_deep_prior.core.solver.plane_solver import PlaneSolver
from napari_deep_prior.core.solver.solver import Solver
from napari_deep_prior.core.stopping import HoldOut


class Ensemble:
    """Several solvers, used as one: each step is one of each.

    Random differences between two fits halve in their mean (the paper averages two runs). In step, rather than one after
    the other, the mean can be watched, stopped and gone back in like a single fit.

    Parameters
    ----------
    size
        Number of members.
    start
        Number of a member -> a solver that has taken no step.
    """

    def __init__(self, size: int, start: Callable[[int], PlaneSolver]) -> None:
        self._members = [start(member) for member in range(size)]

    @property
    def iteration(self) -> int:
        """Steps taken by each."""
        return self._members[0].iteration

    @property
    def has_estimate(self) -> bool:
        """Whether the fits start from an estimate, which they have to surpass."""
        return self._members[0].estimate is not None

    def full_estimate(self) -> torch.Tensor:
        """That estimate, made of all known pixels; the same for all."""
        return self._members[0].full_estimate()

    @property
    def hold_out(self) -> HoldOut:
        """What is kept out of the fits; the same for all."""
        return self._members[0].hold_out

    @property
    def memory(self) -> int:
        """Bytes at the peak: one step at a time, and what each keeps between its steps."""
        return self._members[0].memory + sum(member.size for member in self._members[1:])

    @property
    def size(self) -> int:
        """Bytes of a copy of the state, nearly."""
        return sum(member.size for member in self._members)

    def learn_from(self, observations: Sequence[Observation]) -> None:
        """Learn from these pieces of the data too; see `Solver.learn_from`."""
        for member in self._solvers:
            member.learn_from(observations)

    def frozen_networks(self) -> list[torch.nn.Module]:
        """The network of each, as it draws any piece of the data; see `Solver.frozen_network`."""
        return [member.frozen_network() for member in self._solvers]

    def networks_as_now(self) -> list[torch.nn.Module]:
        """See `Solver.network_as_now`."""
        return [member.network_as_now() for member in self._solvers]

    @property
    def _solvers(self) -> list[Solver]:
        """The members, where networks are fitted."""
        return [member for member in self._members if isinstance(member, Solver)]

    def step(self, rate: float = 1.0) -> None:
        """One step of each, at this factor of the full learning rate."""
        for member in self._members:
            member.step(rate)

    @property
    def image(self) -> torch.Tensor:
        """Mean of the results so far, (1, c, [z,] y, x)."""
        return torch.cat([member.image for member in self._members]).mean(0, keepdim=True)

    @property
    def deviation(self) -> torch.Tensor:
        """Standard deviation of the late outputs, (1, c, [z,] y, x): within each member, and between members."""
        if len(self._members) == 1:
            return self._members[0].deviation
        within = torch.cat([member.deviation.square() for member in self._members]).mean(0, keepdim=True)
        between = torch.cat([member.image for member in self._members]).var(0, correction=0, keepdim=True)
        return (within + between).sqrt()

    def following(self, change: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """How the mean of the results follows; see `PlaneSolver.following`."""
        answers = [member.following(change) for member in self._members]
        known = torch.stack([seen for _, seen in answers]).mean(0)
        total = torch.stack([difference * seen for difference, seen in answers]).mean(0)
        return total / known.clamp(min=1e-12), known

    def loss(self) -> float:
        """Mean misfit on the fitted pixels."""
        return sum(member.loss() for member in self._members) / len(self._members)

    def held_out_loss(self) -> float | None:
        """Mean error on what is kept out of the fits; None where nothing is. That of the mean image is a little less."""
        errors = [loss for member in self._members if (loss := member.held_out_loss()) is not None]
        return sum(errors) / len(errors) if errors else None

    def watched(self) -> float:
        """Mean of the number that the stopping rule watches."""
        return sum(member.watched() for member in self._members) / len(self._members)

    def diverged(self) -> bool:
        """Whether any has."""
        return any([member.diverged() for member in self._members])

    def state_dict(self) -> list[dict[str, Any]]:
        """A full copy to come back to."""
        return [member.state_dict() for member in self._members]

    def recover(self, state: list[dict[str, Any]]) -> None:
        """Come back to a copy after a divergence; see `Solver.recover`."""
        for member, copy in zip(self._members, state, strict=True):
            member.recover(copy)

    def load_state_dict(self, state: list[dict[str, Any]]) -> None:
        """Come back to a copy in all respects; see `Solver.load_state_dict`."""
        for member, copy in zip(self._members, state, strict=True):
            member.load_state_dict(copy)
