"""The optimiser of a fit: Adam, or Muon for the kernels and Adam for the rest."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch

from napari_deep_prior.core.networks.build import Network
from napari_deep_prior.core.optimisation.adam import Adam
from napari_deep_prior.core.optimisation.muon import Muon


class Optimiser:
    """Moves the weights of a network, and the unknowns of a forward model.

    Parameters
    ----------
    network
        Its weights are moved.
    learning_rate
        Of the network.
    muon
        Whether Muon moves the kernels. Never those of the head, whose few rows are the image itself.
    unknowns
        Parameters of a forward model, moved by Adam.
    unknowns_factor
        Their learning rate, as a multiple of the network's.
    """

    def __init__(
        self,
        network: Network,
        learning_rate: float,
        *,
        muon: bool,
        unknowns: Iterable[torch.Tensor] = (),
        unknowns_factor: float = 1.0,
    ) -> None:
        kernels, rest = list[torch.Tensor](), list[torch.Tensor]()
        for weight in network.parameters():
            by_muon = muon and weight.ndim > 2 and weight is not network.head.weight
            (kernels if by_muon else rest).append(weight)
        adam = Adam([(rest, learning_rate), (list(unknowns), learning_rate * unknowns_factor)])
        self._optimisers: tuple[Adam | Muon, ...] = (adam, Muon(kernels, learning_rate)) if kernels else (adam,)

    def zero_grad(self) -> None:
        """Delete the gradients."""
        for optimiser in self._optimisers:
            optimiser.zero_grad()

    def set_step(self, factor: float = 1.0) -> None:
        """Set the numbers of the next step, with the learning rates times `factor`."""
        for optimiser in self._optimisers:
            optimiser.set_step(factor)

    def step(self) -> None:
        """Move all weights against their gradients."""
        for optimiser in self._optimisers:
            optimiser.step()

    def state_dict(self) -> list[dict[str, Any]]:
        """A copy of the moments."""
        return [optimiser.state_dict() for optimiser in self._optimisers]

    def load_state_dict(self, states: list[dict[str, Any]]) -> None:
        """Restore a copy of the moments."""
        for optimiser, state in zip(self._optimisers, states, strict=True):
            optimiser.load_state_dict(state)
