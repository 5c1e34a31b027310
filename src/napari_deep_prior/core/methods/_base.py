"""Config: all numbers of one fit."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import torch

from napari_deep_prior.core.networks.activation import soft_sigmoid
from napari_deep_prior.core.networks.architecture import Architecture
from napari_deep_prior.core.noise.estimate import Autocorrelation
from napari_deep_prior.core.sampling.image_sampler import ImageSampling
from napari_deep_prior.core.settings import Method
from napari_deep_prior.core.stopping import Criterion


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """One fit, decided."""

    method: Method
    architecture: Architecture
    seconds: float
    iterations: int
    learning_rate: float
    averaging: float
    criterion: Criterion
    sampling: ImageSampling
    input_noise: float
    code_channels: int
    refresh_every: int
    autocorrelation: Autocorrelation
    tv_weight: float = 0.0
    anneal: bool = True
    muon: bool = True
    ensemble_size: int = 1
    activation: Callable[[torch.Tensor], torch.Tensor] = soft_sigmoid
    notes: tuple[str, ...] = ()

    @property
    def starts_from_estimate(self) -> bool:
        """Whether the fit starts from the estimate of the forward model: the paper's fixed code does not."""
        return (self.method == "code" and self.sampling.smoothing_sigma > 0) or self.method == "redegraded"

    @property
    def fits_known_pixels(self) -> bool:
        """Whether the network is fitted to the known pixels as they are."""
        return self.method == "code"

    @property
    def leaves_noise(self) -> bool:
        """Whether part of the noise stays in all outputs alike, so that their spread does not show it."""
        return self.method in ("masked", "recorrupted")

    @property
    def departs_from_estimate(self) -> bool:
        """Whether the distance from the starting estimate counts as uncertainty."""
        return self.method == "redegraded"
