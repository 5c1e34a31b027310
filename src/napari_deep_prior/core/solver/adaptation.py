"""Adaptation: a network that has learnt learns on from the piece it is about to draw."""

from __future__ import annotations

import copy
import dataclasses
import math

import torch

from napari_deep_prior.core.networks.build import Network
from napari_deep_prior.core.networks.tiles import Tiled
from napari_deep_prior.core.optimisation.optimiser import Optimiser
from napari_deep_prior.core.sampling.chance import Chance
from napari_deep_prior.core.sampling.image_sampler import ImageSampler
from napari_deep_prior.core.sampling.observation import Observation
from napari_deep_prior.core.solver.forward import forward
from napari_deep_prior.core.solver.freezing import freeze_statistics
from napari_deep_prior.core.solver.trained import TrainedNetwork

_RATE = 0.1
"""Of the full learning rate, at the first step: that of a fit that is resumed. From there it falls to nothing."""


class Adaptation:
    """Copies of the networks that have learnt, which take steps of the same method in one piece of the data.

    Parameters
    ----------
    trained
        The networks; they stay as they are.
    observation
        The piece.
    seed, plane
        Of their random numbers, and the number of the piece.
    """

    def __init__(self, trained: TrainedNetwork, observation: Observation, *, seed: int, plane: int) -> None:
        self._trained, self.done = trained, 0
        device = trained.device.torch
        self._members = [
            _Member(
                _learning(network),
                trained,
                observation,
                Chance.of(seed, plane=plane, member=member, device=device, purpose="adaptation: "),
            )
            for member, network in enumerate(trained.networks)
        ]

    @property
    def left(self) -> int:
        """Steps that are still to be taken."""
        return self._trained.adapt - self.done

    def step(self) -> None:
        """One step of each."""
        rate = _RATE * (0.5 + 0.5 * math.cos(math.pi * self.done / self._trained.adapt))
        for member in self._members:
            member.step(rate)
        self.done += 1

    def adapted(self) -> TrainedNetwork:
        """The networks after their last step, with the mean of their batch statistics in this piece."""
        title = f"{self._trained.title}, which had learnt on from this plane for {self.done} more steps"
        return dataclasses.replace(self._trained, networks=[member.frozen() for member in self._members], title=title)


class _Member:
    """One network that learns on."""

    def __init__(self, network: Network, trained: TrainedNetwork, observation: Observation, chance: Chance) -> None:
        self._network, self._trained, self._observation = network, trained, observation
        sampler = trained.method.sampler(observation, trained.config, chance)
        assert isinstance(sampler, ImageSampler)
        self._sampler = sampler
        self._optimiser = Optimiser(network, trained.config.learning_rate, muon=trained.config.muon)

    def step(self, rate: float) -> None:
        config, observed = self._trained.config, self._observation
        self._optimiser.set_step(rate)
        sample = self._sampler.sample()
        output = forward(self._network, sample, config.activation, observed.physics, self._trained.device)
        self._optimiser.zero_grad()
        torch.autograd.backward(observed.misfit(output.degraded, sample.target, sample.weight))
        self._optimiser.step()

    def frozen(self) -> torch.nn.Module:
        freeze_statistics(self._network, self._sampler, self._trained.device)
        return Tiled.frozen(self._network, self._trained.architecture)


def _learning(network: torch.nn.Module) -> Network:
    """A copy of a frozen network that learns."""
    assert isinstance(network, Tiled)
    copied = copy.deepcopy(network.network)
    assert isinstance(copied, Network)
    return copied.train().requires_grad_(True)
