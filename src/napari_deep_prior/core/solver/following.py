"""Following: by how much what a network draws is another when the observed image is changed a little."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import torch

from napari_deep_prior.core.compute.device import Device
from napari_deep_prior.core.methods._network import NetworkConfig, NetworkMethod
from napari_deep_prior.core.sampling.chance import Chance
from napari_deep_prior.core.sampling.image_sampler import ImageSampler
from napari_deep_prior.core.sampling.observation import Observation
from napari_deep_prior.core.solver.forward import forward

_DRAWINGS, _SEED = 4, 11
"""Times that the whole is drawn by each network, with always the same random numbers."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Drawer:
    """Networks as they are, without a further fit; `shows_context` says whether they are shown neighbouring planes."""

    networks: Sequence[torch.nn.Module]
    method: NetworkMethod
    config: NetworkConfig
    device: Device
    shows_context: bool = True

    @torch.no_grad()
    def following(self, observation: Observation, change: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Difference that a change of the observed image makes, (1, c, [z,] y, x), and how much it is known of each pixel."""
        image = observation.image
        (before, seen), (after, _) = (
            self._drawn_from(dataclasses.replace(observation, image=other)) for other in (image, image + change)
        )
        return (after - before) / seen.clamp(min=1e-12), seen

    def _drawn_from(self, observation: Observation) -> tuple[torch.Tensor, torch.Tensor]:
        """Sum of a few drawings, and how often each pixel was drawn."""
        chance = Chance.of(_SEED, device=self.device.torch)
        sampler = self.method.sampler(observation, self.config, chance)
        if isinstance(sampler, ImageSampler):
            sampler.shows_context = self.shows_context
        total: torch.Tensor | float = 0.0
        seen: torch.Tensor | float = 0.0
        for network in self.networks:
            for _ in range(_DRAWINGS):
                for sample in sampler.full_image():
                    output = forward(network, sample, self.config.activation, observation.physics, self.device)
                    mask = sample.averaging_mask
                    total = total + (output.image if mask is None else output.image * mask)
                    seen = seen + (torch.ones_like(output.image[:, :1]) if mask is None else mask)
        assert isinstance(total, torch.Tensor)
        assert isinstance(seen, torch.Tensor)
        return total, seen
