"""Blur, UnknownBlur: forward models with their TV start."""

from __future__ import annotations

import torch
from torch import nn

from napari_deep_prior.core.imaging.normalized_convolution import smooth_estimate
from napari_deep_prior.core.noise.robust import laplacian_sigma
from napari_deep_prior.core.physics import convolution
from napari_deep_prior.core.physics.forward_model import ForwardModel
from napari_deep_prior.core.physics.tv_deconvolution import deconvolve_tv

_AROUND, _DIM = 1.0, 0.02
"""Photons are counted in a Gaussian of this width around a pixel, and there are at least so many, as a share of the brightest."""


class Blur(ForwardModel):
    """A known kernel, and what the image looks like without it by plain deconvolution."""

    def __init__(self, kernel: torch.Tensor, photons: bool) -> None:
        super().__init__(lambda x: convolution.convolve_valid(x, self.kernel))
        self.kernel: torch.Tensor
        self.register_buffer("kernel", kernel.float())
        self._photons = photons

    @torch.no_grad()
    def start(self, observed: torch.Tensor, weight: torch.Tensor) -> torch.Tensor | None:
        return _sharpened(observed, weight, self.kernel, self._photons)


class UnknownBlur(ForwardModel):
    """Values that stay positive and of sum 1 whatever is added to their logarithms."""

    def __init__(self, start: torch.Tensor, photons: bool, *, told: bool) -> None:
        super().__init__(lambda x: convolution.convolve_valid(x, self.kernel))
        self.logarithms = nn.Parameter(start.clamp(min=1e-6).log().float())
        self._photons, self._told = photons, told

    @property
    def kernel(self) -> torch.Tensor:
        return self.logarithms.flatten().softmax(0).view_as(self.logarithms)

    @torch.no_grad()
    def start(self, observed: torch.Tensor, weight: torch.Tensor) -> torch.Tensor | None:
        return _sharpened(observed, weight, self.kernel, self._photons) if self._told else None


def _sharpened(observed: torch.Tensor, weight: torch.Tensor, kernel: torch.Tensor, photons: bool) -> torch.Tensor:
    """By least total variation, as strongly as the noise asks for."""
    filled, weight, sigma = _weighed(observed, weight, photons)
    return deconvolve_tv(filled, weight, kernel, sigma**2)


def _weighed(observed: torch.Tensor, weight: torch.Tensor, photons: bool) -> tuple[torch.Tensor, torch.Tensor, float]:
    """The image without its gaps, how much each pixel of it counts, and the noise's standard deviation in the mean."""
    filled = _filled(observed, weight)
    even = torch.ones_like(observed)
    if photons:  # what is bright has more noise, and weighs less
        light = smooth_estimate(filled, torch.ones_like(weight), _AROUND).clamp(min=_DIM)
        even = light.mean() / light
    sigma = laplacian_sigma((observed * even.sqrt())[0].cpu().numpy(), weight[0, 0].cpu().numpy() > 0)
    return filled, weight * even, sigma


def _filled(observed: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """Missing pixels as those around them are: something to begin with."""
    return torch.where(weight > 0, observed, smooth_estimate(observed, weight, _AROUND))
