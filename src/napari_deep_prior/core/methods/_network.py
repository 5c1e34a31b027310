"""NetworkMethod: how a network is fitted to one image. One room a method.

How method, sampler and criterion combine into known algorithms:

==================  ============  ============================  ==================================================
method              sampler       criterion                     algorithm
==================  ============  ============================  ==================================================
deep image prior    CodeSampler   PixelBlocks                   Deep Image Prior (Ulyanov et al., CVPR 2018)
deep image prior    CodeSampler   HeldOutFrequencies            the same, for noise that neighbouring pixels share
deep image prior    CodeSampler   NoHoldOut + RunningVariance   DIP with ES-EMV (Wang et al., TMLR 2023)
blind spot          ImageSampler  UnfittedHiddenPixels          Noise2Self (Batson and Royer, ICML 2019)
hole filling        ImageSampler  HiddenPixels                  internal learning from the image's own known pixels
recorrupted         ImageSampler  SplitRisk                     Recorrupted-to-Recorrupted (Pang et al., CVPR 2021)
zero-shot           StageSampler  NoHoldOut                     ZSSR (Shocher et al., CVPR 2018)
plug-and-play       StageSampler  NoHoldOut                     half-quadratic splitting, DPIR (Zhang et al., TPAMI 2022)
==================  ============  ============================  ==================================================
"""

from __future__ import annotations

import abc
import dataclasses
import math
from collections.abc import Callable, Iterator, Mapping

import torch

from napari_deep_prior.core.compute import memory
from napari_deep_prior.core.compute.device import Device
from napari_deep_prior.core.imaging.holes import NO_HOLES
from napari_deep_prior.core.methods._base import Config, Evidence, Method
from napari_deep_prior.core.networks.activation import soft_sigmoid
from napari_deep_prior.core.networks.architecture import Architecture
from napari_deep_prior.core.networks.catalogue import HALF_RESOLUTION, VOLUME, Networks, Preset
from napari_deep_prior.core.sampling.chance import Chance
from napari_deep_prior.core.sampling.observation import Observation
from napari_deep_prior.core.sampling.sample import Sampler
from napari_deep_prior.core.stopping import STOPPING, Criterion
from napari_deep_prior.core.stopping.rules import NeverStop, StoppingRule

LEARNING_RATE = 0.01

AVERAGING: Mapping[Preset, float] = {"fast": 0.97, "balanced": 0.98, "best": 0.99, "paper": 0.99}
"""Decay of the running mean of the output."""

AVERAGING_OF_PASSES: Mapping[Preset, float] = {"fast": 0.85, "balanced": 0.9, "best": 0.97, "paper": 0.99}
"""The same over full-image passes, between which several steps lie."""

HELD_OUT_FRACTION = 0.05
"""Fraction of the known pixels that are held out of a fit to a fixed code."""

_MIN_BLOCKS = 8
"""The fewest blocks in which they are."""

PATCH_SIZE_OF_VOLUME = 48


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class NetworkConfig(Config):
    """The numbers of one fit of a network."""

    architecture: Architecture
    averaging: float
    learning_rate: float = LEARNING_RATE
    tv_weight: float = 0.0
    muon: bool = True
    refresh_fraction: float = 0.0
    activation: Callable[[torch.Tensor], torch.Tensor] = soft_sigmoid

    @property
    def refresh_every(self) -> int:
        """Steps between two estimates that join the training images; 0: none does."""
        return math.ceil(self.refresh_fraction * self.iterations)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """The paper's numbers for one task (Ulyanov et al. 2018, supplement). Its text inpainting does not average."""

    iterations: int = 3000
    input_noise: float = 1 / 30
    averaging: float = 0.99


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class NetworkFootprint:
    """What a fit takes of the memory: `fitted` is the shape of all that a step looks at, `drawn` that of a full-image pass."""

    architecture: Architecture
    channels_in: int
    channels_out: int
    drawn: tuple[int, ...]
    fitted: tuple[int, ...]

    def peak_bytes(self, device: Device) -> int:
        """Bytes at the peak."""
        return memory.estimate_peak_bytes(
            self.architecture, self.channels_in, self.channels_out, self.drawn, self.fitted, device
        )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class NetworkMethod(Method):
    """A way to fit a network to one image.

    Attributes
    ----------
    networks
        Architecture for each preset; volumes have their own.
    fills_holes
        Whether pixels are missing that are to be filled.
    stops
        Whether the fit stops by itself with stopping *auto*.
    rule
        When it does; None: by the method's own rule.
    """

    networks: Networks = dataclasses.field(default_factory=lambda: HALF_RESOLUTION)
    fills_holes: bool = False
    stops: bool = True
    rule: StoppingRule | None = None

    @abc.abstractmethod
    def config(self, evidence: Evidence) -> NetworkConfig:
        """All its numbers."""

    @abc.abstractmethod
    def held_out(self, evidence: Evidence) -> Criterion:
        """What it is judged by where it may stop."""

    @abc.abstractmethod
    def sampler(self, observation: Observation, config: Config, chance: Chance) -> Sampler:
        """Where its samples come from; nothing has been sampled yet."""

    def criterion(self, stopping: str, evidence: Evidence) -> Criterion:
        own = self.held_out(evidence)
        if stopping != "auto":
            return STOPPING[stopping].chosen(own, evidence.holes.fraction == 0, evidence.autocorrelation)
        if evidence.preset == "paper" or not self.stops:
            return own.judging_nothing(NeverStop())
        return own

    def starts_from_estimate(self, config: Config) -> bool:
        """Whether the fit starts from the estimate of the forward model, where that has one."""
        return False

    def notes(self, evidence: Evidence) -> Iterator[str]:
        if self.fills_holes:
            yield from evidence.holes.describe()

    def architecture(self, evidence: Evidence) -> Architecture:
        """The network for this preset."""
        return (VOLUME if evidence.volume else self.networks)[evidence.preset]

    def block_size(self, evidence: Evidence) -> int:
        """Side of held-out blocks: twice as wide as noise is correlated, as wide as holes, but so that some lie in the image."""
        holes = evidence.holes if self.fills_holes else NO_HOLES
        room = math.isqrt(int(HELD_OUT_FRACTION * holes.pixels / _MIN_BLOCKS))
        return max(2, 2 * evidence.noise.correlation_length, min(round(holes.typical_width), room))
