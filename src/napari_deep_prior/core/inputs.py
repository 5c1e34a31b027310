"""What the network sees at each step: NoiseCode (the paper) or MaskedImage (predict what is hidden)."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Protocol

import torch
import torch.nn.functional as F

CODE_AMPLITUDE = 0.1
"""The fixed code is uniform on [0, 0.1], as in the paper."""


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Draw:
    """One step's input (1, c, y, x), the weight of each pixel in the loss (1, 1, y, x), and how to bring the output back."""

    input: torch.Tensor
    weight: torch.Tensor
    undo: Callable[[torch.Tensor], torch.Tensor]


class Scheme(Protocol):
    """Where a step's input comes from."""

    channels: int

    def draw(self) -> Draw:
        """The next step's input."""
        ...


class NoiseCode:
    """A fixed random code plus fresh Gaussian jitter at each step (Ulyanov et al. 2018, supplement)."""

    def __init__(
        self,
        weight: torch.Tensor,
        wanted: tuple[int, ...],
        start: torch.Generator,
        *,
        channels: int,
        jitter: float,
        draws: torch.Generator,
    ) -> None:
        self.channels = channels
        self._weight = weight
        self._jitter = jitter
        self._draws = draws
        self._code = (torch.rand((1, channels, *wanted), generator=start) * CODE_AMPLITUDE).to(weight.device)

    def draw(self) -> Draw:
        code = self._code
        if self._jitter:
            noise = torch.empty_like(code).normal_(generator=self._draws)
            code = torch.add(code, noise, alpha=self._jitter)
        return Draw(code, self._weight, _as_is)


class MaskedImage:
    """The image with random pixels hidden, and which they are; the loss counts the hidden pixels only.

    Where noise is independent from pixel to pixel, a hidden pixel's noise cannot be predicted from its neighbours, so
    the network has nothing to over-fit (Batson and Royer, Noise2Self, ICML 2019; Quan et al., Self2Self, CVPR 2020). The
    picture is flipped and turned at random, undone before the loss, which averages away the grid's directions.
    """

    def __init__(
        self,
        observed: torch.Tensor,
        weight: torch.Tensor,
        *,
        hidden: float,
        lift: Callable[[torch.Tensor], torch.Tensor] = lambda x: x,
        draws: torch.Generator,
        turns: torch.Generator,
    ) -> None:
        self.channels = observed.shape[1] + 1
        self._observed = observed
        self._weight = weight
        self._hidden = hidden
        self._lift = lift
        self._draws = draws
        self._turns = turns

    def draw(self) -> Draw:
        chance = torch.empty_like(self._weight).uniform_(generator=self._draws)
        seen = self._weight * (chance >= self._hidden)
        shown = torch.where(seen > 0, self._observed, _neighbours(self._observed, seen))
        turn = int(torch.randint(8, (), generator=self._turns))
        forth, back = _TURNS[turn]
        return Draw(forth(self._lift(torch.cat([shown, seen], 1))), self._weight - seen, back)


def _neighbours(image: torch.Tensor, seen: torch.Tensor) -> torch.Tensor:
    """Mean of the seen pixels among the 3 x 3 around each pixel; 0.5 where none is seen."""
    total = F.avg_pool2d(image * seen, 3, 1, 1)
    share = F.avg_pool2d(seen, 3, 1, 1)
    return torch.where(share > 0, total / share.clamp(min=1e-6), 0.5)


def _as_is(x: torch.Tensor) -> torch.Tensor:
    return x


def _turn(number: int) -> tuple[Callable[[torch.Tensor], torch.Tensor], Callable[[torch.Tensor], torch.Tensor]]:
    """One of the 8 symmetries of the square, and its inverse."""
    flip, transpose = [dim for bit, dim in ((1, -1), (2, -2)) if number & bit], bool(number & 4)

    def forth(x: torch.Tensor) -> torch.Tensor:
        x = x.flip(flip) if flip else x
        return x.transpose(-1, -2) if transpose else x

    def back(x: torch.Tensor) -> torch.Tensor:
        x = x.transpose(-1, -2) if transpose else x
        return x.flip(flip) if flip else x

    return forth, back


_TURNS = [_turn(number) for number in range(8)]
