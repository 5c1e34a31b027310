"""The optimiser of a fit: Adam, or Muon for the kernels and Adam for the rest."""

from __future__ import annotations

from typing import Any

import torch

from napari_deep_prior.core.networks.build import Network
from napari_deep_prior.core.optimisation.adam import Adam
from napari_deep_prior.core.optimisation.muon import Muon
from napari_deep_prior.core.physics.forward_model import ForwardModel


class Optimiser:
    """Moves the weights of a network, and what is unknown of an instrument.

    Parameters
    ----------
    rate
        Learning rate of the network; the instrument's is a multiple of it.
    muon
        Muon for the kernels; not for the head, whose few rows are the picture itself.
    """

    def __init__(self, network: Network, instrument: ForwardModel, rate: float, *, muon: bool) -> None:
        kernels, rest = list[torch.Tensor](), list[torch.Tensor]()
        for weight in network.parameters():
            of_kernels = muon and weight.ndim > 2 and weight is not network.head.weight
            (kernels if of_kernels else rest).append(weight)
        adam = Adam([(rest, rate), (list[torch.Tensor](instrument.parameters()), rate * instrument.rate)])
        self._parts: tuple[Adam | Muon, ...] = (adam, Muon(kernels, rate)) if kernels else (adam,)

    def zero_grad(self) -> None:
        """Forget the gradients."""
        for part in self._parts:
            part.zero_grad()

    def set_step(self, factor: float = 1.0) -> None:
        """Write down what is different in the next step: this share of the learning rates."""
        for part in self._parts:
            part.set_step(factor)

    def step(self) -> None:
        """Move all weights against their gradients."""
        for part in self._parts:
            part.step()

    def state_dict(self) -> list[dict[str, Any]]:
        """A copy of the moments."""
        return [part.state_dict() for part in self._parts]

    def load_state_dict(self, states: list[dict[str, Any]]) -> None:
        """Come back to a copy."""
        for part, state in zip(self._parts, states, strict=True):
            part.load_state_dict(state)
