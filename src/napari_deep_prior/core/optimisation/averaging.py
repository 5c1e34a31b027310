"""Running mean and variance of the network's outputs: the mean is the result, the variance its uncertainty."""

from __future__ import annotations

from typing import TypedDict

import torch

_MIN_WEIGHT = 0.001
"""Weight of the pixels that do not count: negligible, but enough to show something until each has counted."""

_WARM_UP = 5.0
"""The decay grows as t / (t + _WARM_UP) in step t: the mean follows quickly while the outputs still improve fast."""


class State(TypedDict):
    """What a running mean consists of."""

    mean: torch.Tensor
    square: torch.Tensor
    weight: torch.Tensor
    count: int


class RunningMean:
    """Exponentially weighted mean and variance of a stream of tensors of one shape.

    Parameters
    ----------
    like
        Tensor of that shape, type and device; its values do not matter.
    decay
        Weight of the previous mean in each update, once warmed up.
    first
        First value, if there is one already.
    warm_up
        The decay grows as t / (t + warm_up); with 1 and a decay of 1 all values have the same weight.

    Notes
    -----
    ``m += (1 - a)(w x - m)`` starts at 0 and is divided by the same mean of the weights ``w``, so that the first values
    count fully (with w = 1 and a constant, this is the bias correction ``1 - a^t`` of Adam). Deep Image Prior starts from
    the first output instead. The decay a grows with the number of values up to the given one (polynomial-decay
    averaging [1]_), so that the first outputs are soon forgotten. The variance is ``E[x^2] - E[x]^2`` with the same
    weights ("ES-EMV" [2]_).

    References
    ----------
    .. [1] Shamir, Zhang, Stochastic gradient descent for non-smooth optimization, ICML 2013.
    .. [2] Wang et al., Early stopping for deep image prior, TMLR 2023.
    """

    def __init__(
        self, like: torch.Tensor, decay: float, first: torch.Tensor | None = None, warm_up: float = _WARM_UP
    ) -> None:
        self.decay, self._warm_up = decay, warm_up
        self._count = 0
        self._mean, self._square = torch.zeros_like(like), torch.zeros_like(like)
        self._weight = torch.zeros((), dtype=like.dtype, device=like.device)
        if first is not None:
            self.add(first)

    @torch.no_grad()
    def add(self, x: torch.Tensor, mask: torch.Tensor | None = None) -> None:
        """Add a value; with a `mask` (1 or 0, broadcast), with hardly any weight where it is 0."""
        rate = 1 - min(self.decay, self._count / (self._count + self._warm_up))
        self._count += 1
        if mask is None:
            self._mean.lerp_(x, rate)
            self._square.lerp_(x.square(), rate)
            self._weight.lerp_(torch.ones_like(self._weight), rate)
            return
        weight = mask + _MIN_WEIGHT
        self._mean.lerp_(weight * x, rate)
        self._square.lerp_(weight * x.square(), rate)
        self._weight = torch.lerp(self._weight.expand_as(weight), weight, rate)

    @property
    def mean(self) -> torch.Tensor:
        """Mean so far (a new tensor)."""
        return self._mean / self._total_weight

    @property
    def deviation(self) -> torch.Tensor:
        """Standard deviation so far (a new tensor)."""
        return (self._square / self._total_weight - self.mean.square()).clamp(min=0).sqrt()

    @property
    def _total_weight(self) -> torch.Tensor:
        return torch.where(self._weight > 0, self._weight, 1.0)

    def state_dict(self) -> State:
        """A copy of the state."""
        return State(
            mean=self._mean.clone(), square=self._square.clone(), weight=self._weight.clone(), count=self._count
        )

    def load_state_dict(self, state: State) -> None:
        """Restore a copy of the state."""
        self._mean.copy_(state["mean"])
        self._square.copy_(state["square"])
        self._weight, self._count = state["weight"].to(self._mean.device, copy=True), state["count"]
