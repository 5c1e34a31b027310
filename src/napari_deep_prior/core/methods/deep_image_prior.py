"""DeepImagePrior: the network draws the image from a fixed random code; with preset *paper* by the published numbers."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import ClassVar

import torch

from napari_deep_prior.core.methods._base import UNLIMITED, Config, Evidence, Footprint, PlaneShape
from napari_deep_prior.core.methods._network import (
    AVERAGING,
    HELD_OUT_FRACTION,
    NetworkConfig,
    NetworkFootprint,
    NetworkMethod,
    Published,
)
from napari_deep_prior.core.networks.catalogue import Preset
from napari_deep_prior.core.sampling.chance import Chance
from napari_deep_prior.core.sampling.code_sampler import CodeSampler
from napari_deep_prior.core.sampling.observation import Observation
from napari_deep_prior.core.sampling.sample import Sampler
from napari_deep_prior.core.stopping import Criterion
from napari_deep_prior.core.stopping.pixels import PixelBlocks
from napari_deep_prior.core.stopping.rules import EarlyStopping

DENOISING_STEPS: Mapping[Preset, int] = {"fast": 300, "balanced": 600, "best": 1000, "paper": 3000}
"""More steps draw noise."""

FEW_PIXELS_STEPS: Mapping[Preset, int] = {"fast": 150, "balanced": 400, "best": 600, "paper": 3000}
"""For pixels many times finer."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class CodeConfig(NetworkConfig):
    """The numbers of a fit to a fixed code."""

    input_noise: float
    code_channels: int
    smoothing_sigma: float


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class DeepImagePrior(NetworkMethod):
    """A network f with a fixed random input z is fitted to one image y: ``min sum w (A f(z) - y)^2``.

    Its structure draws natural images sooner than noise, so it is stopped before the noise comes (Ulyanov, Vedaldi, Lempitsky:
    Deep Image Prior, CVPR 2018). Departures with every preset but *paper*: the output is added to the smoothed image or to the
    estimate of the forward model; Muon and an annealed learning rate; held-out pixels stop the fit.

    Attributes
    ----------
    smoothing_sigma
        Width in pixels of the Gaussian mean of the image that the output is added to; 0: the output is the image.
    input_noise
        Standard deviation of the noise added to the code at each step. Where none is needed it slows the fit and gains nothing.
    code_channels
        Channels of the code.
    muon
        Whether Muon and an annealed learning rate are used. With them a fixed code would fill small holes without texture and keep
        the blocks of a JPEG.
    iterations
        Steps for each preset; None: until the time is up or the fit stops by itself.
    published
        The numbers of preset *paper*.
    """

    name: ClassVar[str] = "deep-image-prior"
    summary: ClassVar[str] = "fixed random numbers, as in the paper."
    order: ClassVar[int] = 0
    citation: ClassVar[str] = (
        "Ulyanov, D., Vedaldi, A. & Lempitsky, V. Deep Image Prior. IEEE/CVF CVPR, 9446-9454 (2018)."
    )
    uncertainty: ClassVar[str] = "How much the late outputs of the network differ; not a confidence interval."
    is_published: ClassVar[bool] = True
    fits_known_pixels: ClassVar[bool] = True

    smoothing_sigma: float = 2.5
    input_noise: float = 0.0
    code_channels: int = 16
    muon: bool = True
    iterations: Mapping[Preset, int] | None = None
    published: Published = dataclasses.field(default_factory=Published)

    def suits(self, evidence: Evidence) -> str | None:
        return self.because

    def config(self, evidence: Evidence) -> NetworkConfig:
        if evidence.preset == "paper":
            return self._as_published(evidence)
        return CodeConfig(
            architecture=self.architecture(evidence),
            iterations=UNLIMITED if self.iterations is None else self.iterations[evidence.preset],
            averaging=AVERAGING[evidence.preset],
            anneal=self.muon,
            muon=self.muon,
            input_noise=self.input_noise,
            code_channels=self.code_channels,
            smoothing_sigma=self.smoothing_sigma,
        )

    def _as_published(self, evidence: Evidence) -> NetworkConfig:
        return CodeConfig(
            architecture=self.architecture(evidence),
            iterations=self.published.iterations,
            averaging=self.published.averaging,
            anneal=False,
            muon=False,
            activation=torch.sigmoid,
            input_noise=self.published.input_noise,
            code_channels=32,
            smoothing_sigma=0.0,
        )

    def held_out(self, evidence: Evidence) -> Criterion:
        rule = self.rule or EarlyStopping()
        return PixelBlocks(rule=rule, fraction=HELD_OUT_FRACTION, block_size=self.block_size(evidence))

    def starts_from_estimate(self, config: Config) -> bool:
        return isinstance(config, CodeConfig) and config.smoothing_sigma > 0

    def sampler(self, observation: Observation, config: Config, chance: Chance) -> Sampler:
        assert isinstance(config, CodeConfig)
        return CodeSampler(
            observation,
            chance,
            channels=config.code_channels,
            input_noise=config.input_noise,
            smoothing_sigma=config.smoothing_sigma,
        )

    def footprint(self, config: Config, plane: PlaneShape) -> Footprint:
        assert isinstance(config, CodeConfig)
        return NetworkFootprint(
            architecture=config.architecture,
            channels_in=config.code_channels + plane.guides,
            channels_out=plane.channels,
            drawn=plane.drawn,
            fitted=plane.drawn,
        )
