"""Instrument: what turns the drawn picture into the observed one, where some of that is itself to be found out."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn


class ForwardModel(nn.Module):
    """A known instrument: a function. One with unknowns is a subclass whose parameters are fitted beside the network.

    Class attributes
    ----------------
    rate
        Learning rate of the unknowns, in terms of the network's.
    """

    rate: float = 1.0

    def __init__(self, degrade: Callable[[torch.Tensor], torch.Tensor]) -> None:
        super().__init__()
        self._degrade = degrade

    def undo(self, observed: torch.Tensor) -> torch.Tensor:
        """The observed image, roughly without what the instrument has added to it: what a fit may start from."""
        return observed

    def start(self, observed: torch.Tensor, weight: torch.Tensor) -> torch.Tensor | None:
        """A picture on the grid that is drawn, margin included, from which a fit to a fixed code starts as it is.

        It must not be made of pixels of weight 0: it is judged by them. None: there is none, and the fit starts from what
        was undone, smoothed.
        """
        return None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        degraded: torch.Tensor = self._degrade(x)
        return degraded
