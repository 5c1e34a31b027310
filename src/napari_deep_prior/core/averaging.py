"""Bias-corrected running mean and variance of the network's output: the mean is the result, the variance its doubt."""

from __future__ import annotations

import torch

_REST = 0.001
"""Weight of the pixels that do not count: hardly any, but something to show until each has counted."""

State = tuple[torch.Tensor, torch.Tensor, torch.Tensor]


class RunningMean:
    """Exponentially weighted mean and variance of a stream of tensors of one shape.

    Notes
    -----
    ``m += (1 - a)(w x - m)`` started at 0 and divided by the same mean of the weights ``w``, so that the first values count
    fully (with w = 1 Adam's ``1 - a^t``); the paper starts from the first output instead. The variance is the
    exponentially weighted one of E[x^2] - E[x]^2 form (Wang et al., TMLR 2023, "ES-EMV").
    """

    def __init__(self, like: torch.Tensor, memory: float) -> None:
        self.memory = memory
        self._mean, self._square = torch.zeros_like(like), torch.zeros_like(like)
        self._weight = torch.zeros((), dtype=like.dtype, device=like.device)

    @torch.no_grad()
    def add(self, x: torch.Tensor, counts: torch.Tensor | None = None) -> None:
        """Take in one more value; where `counts` (1 or 0, broadcast) is given, hardly more than the pixels where it is 1."""
        if counts is None:
            self._mean.lerp_(x, 1 - self.memory)
            self._square.lerp_(x.square(), 1 - self.memory)
            self._weight.lerp_(torch.ones_like(self._weight), 1 - self.memory)
            return
        weight = counts + _REST
        self._mean.lerp_(weight * x, 1 - self.memory)
        self._square.lerp_(weight * x.square(), 1 - self.memory)
        self._weight = torch.lerp(self._weight.expand_as(weight), weight, 1 - self.memory)

    @property
    def mean(self) -> torch.Tensor:
        """Mean so far (a new tensor)."""
        return self._mean / self._total

    @property
    def deviation(self) -> torch.Tensor:
        """Standard deviation so far (a new tensor)."""
        return (self._square / self._total - self.mean.square()).clamp(min=0).sqrt()

    @property
    def _total(self) -> torch.Tensor:
        return torch.where(self._weight > 0, self._weight, 1.0)

    def state(self) -> State:
        """A copy to come back to."""
        return self._mean.clone(), self._square.clone(), self._weight.clone()

    def load(self, state: State) -> None:
        """Come back to a copy."""
        self._mean.copy_(state[0])
        self._square.copy_(state[1])
        self._weight = state[2].clone()
