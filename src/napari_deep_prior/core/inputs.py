"""What the network sees at each step, and the paper's answer: NoiseCode, a fixed code."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Protocol

import torch

from napari_deep_prior.core.crops import Crops
from napari_deep_prior.core.turns import Turn, as_is

CODE_AMPLITUDE = 0.1
"""The fixed code is uniform on [0, 0.1], as in the paper."""


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Draw:
    """One step.

    Attributes
    ----------
    input
        What the network sees, (b, n, y, x); b crops, or 1 where it is the whole.
    undo
        Brings the output back onto the grid of the image; `as_is` where all else is turned as the input is.
    base
        What the network's output is added to, before the head.
    target, weight
        What the degraded output is compared with, (b, c, y, x), and how much each pixel counts, (b, 1, y, x).
    counts
        Which pixels of the output enter the result's running mean, (b, 1, y, x); None: all.
    direct
        Whether the output is itself compared with the target, without the instrument.
    meet
        Brings the output into agreement with what was observed, before it enters the result.
    then
        From that output, what the network is asked for next; the last answer is the one that counts.
    """

    input: torch.Tensor
    undo: Turn
    base: torch.Tensor | float
    target: torch.Tensor
    weight: torch.Tensor
    counts: torch.Tensor | None = None
    direct: bool = False
    meet: Turn | None = None
    then: Callable[[torch.Tensor], Draw] | None = None


class Scheme(Protocol):
    """Where a step's input comes from."""

    channels: int

    @property
    def crops(self) -> Crops | None:
        """Where each step looks; None: at the whole."""
        ...

    def draw(self) -> Draw:
        """The next step's input: the whole, or crops of it where there are any."""
        ...

    def whole(self) -> tuple[Draw, ...]:
        """The same of the whole: one, or two with opposite noise."""
        ...

    def learn(self, result: torch.Tensor | None) -> None:
        """Learn from the result so far as well, where the scheme can; None: no longer."""
        ...


class NoiseCode:
    """A fixed random code plus fresh Gaussian jitter at each step (Ulyanov et al. 2018, supplement)."""

    def __init__(
        self,
        observed: torch.Tensor,
        weight: torch.Tensor,
        drawn: tuple[int, ...],
        start: torch.Generator,
        *,
        channels: int,
        jitter: float,
        base: torch.Tensor | float,
        draws: torch.Generator,
        beside: torch.Tensor | None = None,
    ) -> None:
        self._beside = () if beside is None else (beside,)
        self.channels, self.crops = channels + len(self._beside), None
        self._observed, self._weight, self._base = observed, weight, base
        self._jitter, self._draws = jitter, draws
        self._code = (torch.rand((1, channels, *drawn), generator=start) * CODE_AMPLITUDE).to(weight.device)

    def draw(self) -> Draw:
        code = self._code
        if self._jitter:
            noise = torch.empty_like(code).normal_(generator=self._draws)
            code = torch.add(code, noise, alpha=self._jitter)
        shown = torch.cat([code, *self._beside], 1)
        return Draw(input=shown, undo=as_is, base=self._base, target=self._observed, weight=self._weight)

    def whole(self) -> tuple[Draw, ...]:
        return (self.draw(),)

    def learn(self, result: torch.Tensor | None) -> None:
        pass
