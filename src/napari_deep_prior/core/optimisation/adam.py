"""Adam: the optimiser."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch

_BETA1, _BETA2, _EPSILON = 0.9, 0.999, 1e-8


class Adam:
    """Adaptive moments (Kingma and Ba, ICLR 2015), with the paper's constants.

    PyTorch's own loads its compiler at the first step, some 800 modules and 2 to 4 s before the first picture; this is the
    same arithmetic over all weights of a group at once.

    Parameters
    ----------
    groups
        Weights, and their learning rate.
    """

    def __init__(self, groups: Iterable[tuple[list[torch.Tensor], float]]) -> None:
        self._groups = [(weights, rate) for weights, rate in groups if weights]
        self._first = [[torch.zeros_like(w) for w in weights] for weights, _ in self._groups]
        self._second = [[torch.zeros_like(w) for w in weights] for weights, _ in self._groups]
        self._count = 0
        self._now = [torch.zeros(2, device=weights[0].device) for weights, _ in self._groups]

    def zero_grad(self) -> None:
        """Forget the gradients."""
        for weights, _ in self._groups:
            for weight in weights:
                weight.grad = None

    def set_step(self, factor: float = 1.0) -> None:
        """Count the next step, and write down its numbers, at this share of the learning rates."""
        self._count += 1
        unbiased = (1 - _BETA2**self._count) ** 0.5
        for (_, rate), now in zip(self._groups, self._now, strict=True):
            now[0].fill_(unbiased)
            now[1].fill_(rate * factor / (1 - _BETA1**self._count))

    @torch.no_grad()
    def step(self) -> None:
        """Move all weights against their gradients. Reads no number but those in its tensors, so that it can be captured."""
        for (weights, _), first, second, now in zip(self._groups, self._first, self._second, self._now, strict=True):
            gradients = [torch.zeros_like(w) if w.grad is None else w.grad for w in weights]
            torch._foreach_lerp_(first, gradients, 1 - _BETA1)
            torch._foreach_mul_(second, _BETA2)
            torch._foreach_addcmul_(second, gradients, gradients, 1 - _BETA2)
            scale = torch._foreach_sqrt(second)
            torch._foreach_div_(scale, now[0])
            torch._foreach_add_(scale, _EPSILON)
            moves = torch._foreach_div(first, scale)
            torch._foreach_mul_(moves, now[1])
            torch._foreach_sub_(weights, moves)

    def state_dict(self) -> dict[str, Any]:
        """A copy of the moments."""
        first, second = ([[m.clone() for m in group] for group in moments] for moments in (self._first, self._second))
        return {"first": first, "second": second, "count": self._count}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Come back to a copy."""
        for own, saved in ((self._first, state["first"]), (self._second, state["second"])):
            for mine, theirs in zip(own, saved, strict=True):
                for moment, other in zip(mine, theirs, strict=True):
                    moment.copy_(other)
        self._count = state["count"]
