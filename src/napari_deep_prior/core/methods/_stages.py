"""StageMethod: base of the methods that undo a degradation which can be applied again."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import ClassVar

import torch

from napari_deep_prior.core.methods._base import Config, Evidence, Footprint, PlaneShape
from napari_deep_prior.core.methods._network import AVERAGING_OF_PASSES, NetworkConfig, NetworkFootprint, NetworkMethod
from napari_deep_prior.core.networks.activation import identity
from napari_deep_prior.core.networks.architecture import Architecture
from napari_deep_prior.core.networks.catalogue import PLAIN, PLAIN_VOLUME, Networks, Preset
from napari_deep_prior.core.sampling.chance import Chance
from napari_deep_prior.core.sampling.observation import Observation
from napari_deep_prior.core.sampling.patches import PatchSampler
from napari_deep_prior.core.sampling.sample import Sampler
from napari_deep_prior.core.sampling.stage_sampler import MIN_SIDE, PATCHES, StageSampler
from napari_deep_prior.core.stopping import Criterion, NoHoldOut

_STEPS: Mapping[Preset, int] = {"fast": 150, "balanced": 400, "best": 1500, "paper": 1500}
"""More steps gain nothing."""

_PATCH_SIZE = 48


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class StageMethod(NetworkMethod):
    """Patches are degraded once more, and the network learns to undo that.

    Attributes
    ----------
    extra_channels
        Channels that the network is shown after the image's own.
    size_multiple
        The sides of patches are multiples of it.
    refresh_fraction
        Fraction of the steps after which the current estimate joins the training images again; 0: it never does.
    """

    requires: ClassVar[str] = (
        "needs a loss that is known exactly, so that it can happen once more: finer pixels, a blur that is given, or blocks of "
        "a JPEG that has been neither cropped nor scaled."
    )

    networks: Networks = dataclasses.field(default_factory=lambda: PLAIN)
    extra_channels: int = 0
    size_multiple: int = 1
    refresh_fraction: float = 0.0

    def refuses(self, evidence: Evidence) -> str | None:
        return None if evidence.repeatable else self.requires

    def config(self, evidence: Evidence) -> NetworkConfig:
        return NetworkConfig(
            architecture=self.architecture(evidence),
            iterations=_STEPS[evidence.preset],
            averaging=AVERAGING_OF_PASSES[evidence.preset],
            refresh_fraction=self.refresh_fraction,
            activation=identity,
        )

    def architecture(self, evidence: Evidence) -> Architecture:
        return (PLAIN_VOLUME if evidence.volume else self.networks)[evidence.preset]

    def held_out(self, evidence: Evidence) -> Criterion:
        """Nothing: the truth of the last stage is unknown, and there is no noise to over-fit."""
        return NoHoldOut()

    def starts_from_estimate(self, config: Config) -> bool:
        return True

    def sampler(self, observation: Observation, config: Config, chance: Chance) -> Sampler:
        stages = observation.stages(observation)
        if stages is None:
            raise ValueError(f"method = {self.name!r} {self.requires} Choose another method, or auto.")
        return StageSampler(observation, stages, chance, side=_PATCH_SIZE)

    def training_shape(self, image: tuple[int, ...]) -> tuple[int, ...]:
        """([z,] y, x) of the largest training image for an image of this shape."""
        return image

    def footprint(self, config: Config, plane: PlaneShape) -> Footprint:
        assert isinstance(config, NetworkConfig)
        shape = tuple(max(n, MIN_SIDE) for n in self.training_shape(plane.image)[-2:])
        patches = PatchSampler(
            (*plane.image[:-2], *shape), _PATCH_SIZE, torch.Generator(), number=PATCHES, multiple=self.size_multiple
        )
        return NetworkFootprint(
            architecture=config.architecture,
            channels_in=plane.channels + self.extra_channels,
            channels_out=plane.channels,
            drawn=plane.drawn,
            fitted=patches.batch_shape,
        )
