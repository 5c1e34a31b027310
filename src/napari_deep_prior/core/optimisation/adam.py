"""The Adam optimiser."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any

import torch

_BETA1, _BETA2, _EPSILON = 0.9, 0.999, 1e-8


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class _Group:
    """Weights with one learning rate, their moments, and the two numbers of the next step.

    The numbers (bias correction of the second moment, step size) are in a tensor, so that a captured step reads new ones.
    """

    weights: list[torch.Tensor]
    learning_rate: float
    first: list[torch.Tensor]
    second: list[torch.Tensor]
    numbers: torch.Tensor


class Adam:
    """Adaptive moment estimation (Kingma and Ba, ICLR 2015), with the constants of the paper.

    The same arithmetic as `torch.optim.Adam`, over all weights of a group at once. PyTorch's own loads its compiler at the
    first step: some 800 modules, and 2 to 4 s before the first image.

    Parameters
    ----------
    groups
        Weights and their learning rates; empty groups are left out.
    """

    def __init__(self, groups: Iterable[tuple[list[torch.Tensor], float]]) -> None:
        self._groups = [
            _Group(
                weights=weights,
                learning_rate=learning_rate,
                first=[torch.zeros_like(w) for w in weights],
                second=[torch.zeros_like(w) for w in weights],
                numbers=torch.zeros(2, device=weights[0].device),
            )
            for weights, learning_rate in groups
            if weights
        ]
        self._count = 0

    def zero_grad(self) -> None:
        """Delete the gradients."""
        for group in self._groups:
            for weight in group.weights:
                weight.grad = None

    def set_step(self, factor: float = 1.0) -> None:
        """Count the next step and set its numbers, with the learning rates times `factor`."""
        self._count += 1
        root_of_correction = (1 - _BETA2**self._count) ** 0.5
        for group in self._groups:
            group.numbers[0].fill_(root_of_correction)
            group.numbers[1].fill_(group.learning_rate * factor / (1 - _BETA1**self._count))

    @torch.no_grad()
    def step(self) -> None:
        """Move all weights against their gradients. Reads numbers from tensors only, so that it can be captured."""
        for group in self._groups:
            gradients = [torch.zeros_like(w) if w.grad is None else w.grad for w in group.weights]
            torch._foreach_lerp_(group.first, gradients, 1 - _BETA1)
            torch._foreach_mul_(group.second, _BETA2)
            torch._foreach_addcmul_(group.second, gradients, gradients, 1 - _BETA2)
            scale = torch._foreach_sqrt(group.second)
            torch._foreach_div_(scale, group.numbers[0])
            torch._foreach_add_(scale, _EPSILON)
            moves = torch._foreach_div(group.first, scale)
            torch._foreach_mul_(moves, group.numbers[1])
            torch._foreach_sub_(group.weights, moves)

    def state_dict(self) -> dict[str, Any]:
        """A copy of the moments."""
        return {
            "first": [[moment.clone() for moment in group.first] for group in self._groups],
            "second": [[moment.clone() for moment in group.second] for group in self._groups],
            "count": self._count,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore a copy of the moments."""
        for group, first, second in zip(self._groups, state["first"], state["second"], strict=True):
            for moment, saved in zip(group.first + group.second, first + second, strict=True):
                moment.copy_(saved)
        self._count = state["count"]
