"""Bias-corrected running mean and variance of the network's output: the mean is the result, the variance its doubt."""

from __future__ import annotations

import torch

_MIN_WEIGHT = 0.001
"""Weight of the pixels that do not count: hardly any, but something to show until each has counted."""

_WARM_UP = 5
"""Values after which half of the weight lies on those before: a mean of few follows what still improves fast."""

State = tuple[torch.Tensor, torch.Tensor, torch.Tensor, int]


class RunningMean:
    """Exponentially weighted mean and variance of a stream of tensors of one shape.

    Notes
    -----
    ``m += (1 - a)(w x - m)`` started at 0 and divided by the same mean of the weights ``w``, so that the first values count
    fully (with w = 1 and a constant Adam's ``1 - a^t``); the paper starts from the first output instead. The memory a
    grows as t / (t + 5) up to the one given (polynomial-decay averaging, Shamir and Zhang, ICML 2013): the first outputs,
    which show little, are soon forgotten. The variance is the
    exponentially weighted one of E[x^2] - E[x]^2 form (Wang et al., TMLR 2023, "ES-EMV").
    """

    def __init__(self, like: torch.Tensor, decay: float, first: torch.Tensor | None = None) -> None:
        self.decay, self._taken = decay, 0
        self._mean, self._square = torch.zeros_like(like), torch.zeros_like(like)
        self._weight = torch.zeros((), dtype=like.dtype, device=like.device)
        if first is not None:
            self.add(first)

    @torch.no_grad()
    def add(self, x: torch.Tensor, counts: torch.Tensor | None = None) -> None:
        """Take in one more value; where `counts` (1 or 0, broadcast) is given, hardly more than the pixels where it is 1."""
        new = 1 - min(self.decay, self._taken / (self._taken + _WARM_UP))
        self._taken += 1
        if counts is None:
            self._mean.lerp_(x, new)
            self._square.lerp_(x.square(), new)
            self._weight.lerp_(torch.ones_like(self._weight), new)
            return
        weight = counts + _MIN_WEIGHT
        self._mean.lerp_(weight * x, new)
        self._square.lerp_(weight * x.square(), new)
        self._weight = torch.lerp(self._weight.expand_as(weight), weight, new)

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
        return self._mean.clone(), self._square.clone(), self._weight.clone(), self._taken

    def load(self, state: State) -> None:
        """Come back to a copy."""
        self._mean.copy_(state[0])
        self._square.copy_(state[1])
        self._weight, self._taken = state[2].clone(), state[3]
