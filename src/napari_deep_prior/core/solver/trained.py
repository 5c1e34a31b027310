"""TrainedNetwork: a network that has been fitted, and draws other pieces of the same data."""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Iterator, Sequence
from typing import Self

import torch

from napari_deep_prior.core.compute.device import Device
from napari_deep_prior.core.methods._network import NetworkConfig, NetworkMethod
from napari_deep_prior.core.networks.architecture import Architecture
from napari_deep_prior.core.networks.tiles import Tiled
from napari_deep_prior.core.optimisation.averaging import RunningMean
from napari_deep_prior.core.physics.padding import crop_margin
from napari_deep_prior.core.sampling.chance import Chance
from napari_deep_prior.core.sampling.image_sampler import ImageSampler
from napari_deep_prior.core.sampling.observation import Observation
from napari_deep_prior.core.solver.forward import forward
from napari_deep_prior.core.stopping import StepOutput

DRAWINGS = 8
"""Drawings of a piece whose mean is the result: as good as the running mean over a fit (docs/benchmarks.md)."""

_VISITS = 4
"""Where only some pixels of a drawing count, each counts about so many times."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TrainedNetwork:
    """Networks that are shown an image, with their statistics frozen: a function that is the same everywhere.

    Attributes
    ----------
    networks
        One, or those of an ensemble, which draw in turns.
    method, config
        How they were fitted, and so how an image is shown to them.
    device
        Where they draw.
    title
        What they are called in a report.
    adapt
        Steps in which they are to learn on from a piece before they draw it; see `Adaptation`.
    """

    networks: Sequence[torch.nn.Module]
    method: NetworkMethod
    config: NetworkConfig
    device: Device
    title: str = "the network"
    adapt: int = 0

    @property
    def architecture(self) -> Architecture:
        """Their shape, as for the pieces they learnt from."""
        network = self.networks[0]
        return network.architecture if isinstance(network, Tiled) else self.config.architecture

    @property
    def all_networks(self) -> Sequence[torch.nn.Module]:
        """Those that may draw."""
        return self.networks

    def drawings(self, observation: Observation, chance: Chance, *, context: bool = True) -> Drawings:
        """The drawings of a piece, one after the other.

        Parameters
        ----------
        observation
            The piece.
        chance
            Draws what is hidden or added, and symmetries.
        context
            Whether the neighbouring planes of the observation are shown.
        """
        sampler = self.method.sampler(observation, self.config, chance)
        assert isinstance(sampler, ImageSampler)
        sampler.shows_context = context
        return Drawings(self, observation, sampler)

    @torch.no_grad()
    def error(self, observation: Observation, chance: Chance, *, context: bool) -> float:
        """Mean misfit with what was hidden from the network, or split off what it was shown: the noise, and what it does not know."""
        found = [
            float(observation.misfit(output.degraded, output.sample.target, output.sample.weight))
            for output in self._hidden(observation, chance, context)
        ]
        return sum(found) / len(found)

    @torch.no_grad()
    def relative_error(
        self, observation: Observation, chance: Chance, *, context: bool, noise: float
    ) -> tuple[float, float]:
        """The same over what noise alone makes, about 1 for a network that knows the image; and its standard deviation by chance.

        Parameters
        ----------
        observation, chance, context
            As for `drawings`.
        noise
            Misfit of the true image with the observed one.

        Notes
        -----
        What is split off may hold added noise too, which is independent of the image's own: the misfit of the observed image with it is
        taken off. The variance of n Gaussian values is known to a fraction of the root of 2 / n.
        """
        found, counted = [], 0.0
        for output in self._hidden(observation, chance, context):
            target, weight = output.sample.target, output.sample.weight
            added = observation.misfit(observation.image, target, weight)
            found.append(float(observation.misfit(output.degraded, target, weight) - added) / noise)
            counted = max(counted, float(weight.sum()) * observation.channels)
        return sum(found) / len(found), math.sqrt(2 / max(1.0, counted))

    def _hidden(self, observation: Observation, chance: Chance, context: bool) -> Iterator[StepOutput]:
        """What each network draws, once, with what was hidden from it."""
        sampler = self.method.sampler(observation, self.config, chance)
        assert isinstance(sampler, ImageSampler)
        sampler.shows_context = context
        for network, sample in itertools.product(self.networks, sampler.full_image()):
            yield forward(network, sample, self.config.activation, observation.physics, self.device)


class Drawings:
    """Drawings of one piece, with other hidden pixels or other added noise each, and their mean."""

    def __init__(self, trained: TrainedNetwork, observation: Observation, sampler: ImageSampler) -> None:
        self._trained, self._observation, self._sampler = trained, observation, sampler
        shape = (1, observation.channels, *observation.drawn_shape)
        self._mean = RunningMean(torch.empty(shape, device=observation.image.device), 1.0, warm_up=1.0)
        self._networks = itertools.cycle(trained.networks)
        self.done, self.number = 0, self._number()

    def _number(self) -> int:
        fraction = self._sampler.counted_fraction
        return max(DRAWINGS, len(self._trained.networks)) if fraction is None else math.ceil(_VISITS / fraction)

    @torch.no_grad()
    def next(self) -> bool:
        """One more, or the two with opposite noise; whether that was the last."""
        trained, network = self._trained, next(self._networks)
        for sample in self._sampler.full_image_in_turn():
            output = forward(network, sample, trained.config.activation, self._observation.physics, trained.device)
            self._mean.add(output.image, output.sample.averaging_mask)
            self.done += 1
            del sample, output  # before the next is made: each is several times the image
        return self.done >= self.number

    def finish(self) -> Self:
        """All of them."""
        while not self.next():
            pass
        return self

    @property
    def mean(self) -> torch.Tensor:
        """Mean of the drawings so far, with their margin and before it is finished."""
        return self._mean.mean

    @property
    def image(self) -> torch.Tensor:
        """Mean of the drawings so far, (1, c, [z,] y, x)."""
        drawn = crop_margin(self.mean, self._observation.physics.margin)
        return self._observation.finish(drawn, self._trained.method.fits_known_pixels)

    @property
    def deviation(self) -> torch.Tensor:
        """Standard deviation of the drawings, (1, c, [z,] y, x)."""
        return crop_margin(self._mean.deviation, self._observation.physics.margin)
