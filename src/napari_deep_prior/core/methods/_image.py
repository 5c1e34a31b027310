"""ImageMethod: base of the methods whose network is shown the image itself."""

from __future__ import annotations

import dataclasses
import math

import torch

from napari_deep_prior.core.methods._base import Config, Evidence, Footprint, PlaneShape
from napari_deep_prior.core.methods._network import (
    PATCH_SIZE_OF_VOLUME,
    NetworkConfig,
    NetworkFootprint,
    NetworkMethod,
    Published,
)
from napari_deep_prior.core.noise.estimate import Autocorrelation
from napari_deep_prior.core.sampling.chance import Chance
from napari_deep_prior.core.sampling.image_sampler import ImageSampler, ImageSampling
from napari_deep_prior.core.sampling.observation import Observation
from napari_deep_prior.core.sampling.patches import PatchSampler
from napari_deep_prior.core.sampling.sample import Sampler
from napari_deep_prior.core.stopping.rules import EarlyStopping, StoppingRule

LATE_RISE = EarlyStopping(patience=1.0, min_wait=300, keep_tolerance=0.005, stops_on_plateau=False)
"""The annealed learning rate leaves little to stop, and the error on a few pixels is noisy."""


_PHOTONS = 10
"""The fewest photons in the Gaussian mean that the output is added to."""

_SHARED_PATCH_SIZE = 128
"""Side in pixels of the patches that a network learns from several planes, where it would see a single one as a whole."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ImageConfig(NetworkConfig):
    """The numbers of a fit that is shown the image."""

    sampling: ImageSampling
    autocorrelation: Autocorrelation = ((1.0,),)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ImageMethod(NetworkMethod):
    """The network sees the image, spoilt in some way, and has to give it back.

    Attributes
    ----------
    smoothing_sigma
        Width in pixels of the Gaussian mean of the shown pixels that the output is added to.
    denoises
        Whether the noise of the image is what is to be removed: then its correlation counts, and steps look at patches.
    limits_steps
        Whether a preset has a number of steps; otherwise the fit goes on until the time is up.
    published
        The numbers of preset *paper*.
    """

    smoothing_sigma: float = 2.5
    denoises: bool = True
    limits_steps: bool = True
    published: Published = dataclasses.field(default_factory=Published)

    @property
    def stopping_rule(self) -> StoppingRule:
        """The rule of this method, or the task's."""
        return self.rule or LATE_RISE

    def base_sigma(self, evidence: Evidence) -> float:
        """Width in pixels of that Gaussian for the noise: at least so wide that it sees some photons.

        The mean of n photons is off by one in the root of n; where it saw none, the network would have to draw them from nothing.
        """
        if not self.denoises:
            return self.smoothing_sigma
        photons = (
            1 / max(evidence.noise.skewness, 1e-6) ** 2
        )  # in a pixel: the skewness of Poisson noise is one in their root
        return max(self.smoothing_sigma, math.sqrt(_PHOTONS / (4 * math.pi * photons)))

    def as_published(self, config: ImageConfig) -> ImageConfig:
        """The same with the paper's numbers, as far as they mean something for a network that sees the image."""
        return dataclasses.replace(
            config,
            iterations=self.published.iterations,
            averaging=self.published.averaging,
            sampling=dataclasses.replace(config.sampling, patch_size=0),
            tv_weight=0.0,
            anneal=False,
            muon=False,
            activation=torch.sigmoid,
        )

    def sampler(self, observation: Observation, config: Config, chance: Chance) -> Sampler:
        assert isinstance(config, ImageConfig)
        return ImageSampler(observation, config.sampling, chance)

    def shared(self, config: Config) -> Config | None:
        assert isinstance(config, ImageConfig)
        if not self.denoises or self.fills_holes or not config.muon:  # a hole is filled from its own surroundings
            return None
        if config.sampling.patch_size:
            return config
        volume = config.architecture.dims == 3
        patch_size = PATCH_SIZE_OF_VOLUME if volume else _SHARED_PATCH_SIZE
        return dataclasses.replace(config, sampling=dataclasses.replace(config.sampling, patch_size=patch_size))

    def footprint(self, config: Config, plane: PlaneShape) -> Footprint:
        assert isinstance(config, ImageConfig)
        side = config.sampling.patch_size
        patches = PatchSampler(plane.image, side, torch.Generator()) if side else None
        return NetworkFootprint(
            architecture=config.architecture,
            channels_in=plane.channels + 1 + plane.guides,
            channels_out=plane.channels,
            drawn=plane.drawn,
            fitted=plane.drawn if patches is None else patches.batch_shape,
        )
