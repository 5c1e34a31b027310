"""Bias-corrected running mean and variance of the network's output: the mean is the result, the variance its doubt."""

from __future__ import annotations

import torch


class RunningMean:
    """Exponentially weighted mean and variance of a stream of tensors of one shape.

    Notes
    -----
    ``m += (1 - a)(x - m)`` started at 0 and divided by ``1 - a^t``, as Adam does with its moments, so that the first
    values count fully; the paper starts from the first output instead. The variance is the exponentially weighted
    one of E[x^2] - E[x]^2 form (Wang et al., TMLR 2023, "ES-EMV").
    """

    def __init__(self, like: torch.Tensor, memory: float) -> None:
        self.memory = memory
        self._mean = torch.zeros_like(like)
        self._square = torch.zeros_like(like)
        self._count = 0

    @torch.no_grad()
    def add(self, x: torch.Tensor) -> None:
        """Take in one more value."""
        self._count += 1
        self._mean.lerp_(x, 1 - self.memory)
        self._square.lerp_(x.square(), 1 - self.memory)

    @property
    def mean(self) -> torch.Tensor:
        """Mean so far (a new tensor)."""
        return self._mean / self._correction

    @property
    def deviation(self) -> torch.Tensor:
        """Standard deviation so far (a new tensor)."""
        return (self._square / self._correction - self.mean.square()).clamp(min=0).sqrt()

    @property
    def _correction(self) -> float:
        return 1 - self.memory**self._count if self._count else 1.0

    def state(self) -> tuple[torch.Tensor, torch.Tensor, int]:
        """A copy to come back to."""
        return self._mean.clone(), self._square.clone(), self._count

    def load(self, state: tuple[torch.Tensor, torch.Tensor, int]) -> None:
        """Come back to a copy."""
        self._mean.copy_(state[0])
        self._square.copy_(state[1])
        self._count = state[2]
