"""Blur and UnknownBlur: convolution with a point-spread function, and the first estimate by total variation."""

from __future__ import annotations

import torch
from torch import nn

from napari_deep_prior.core.imaging.normalized_convolution import smooth_estimate
from napari_deep_prior.core.noise.robust import laplacian_sigma
from napari_deep_prior.core.physics import convolution, kernel_estimation, padding
from napari_deep_prior.core.physics.forward_model import ForwardModel
from napari_deep_prior.core.physics.tv_deconvolution import deconvolve_tv

_BRIGHTNESS_SIGMA = 1.0
"""Sigma in pixels of the Gaussian over which the local brightness, and with it the photon noise, is estimated."""

_MIN_BRIGHTNESS = 0.02
"""Least brightness that photon noise is computed from, in units of the brightest structure."""


class Blur(ForwardModel):
    """Convolution with a known kernel.

    Parameters
    ----------
    kernel
        ([z,] y, x), of sum 1. Its pixel ``size // 2`` is where a point stays.
    photons
        Whether the noise is that of photons: bright pixels then have more of it and weigh less in the initial estimate.
    """

    def __init__(self, kernel: torch.Tensor, *, photons: bool) -> None:
        super().__init__()
        self.kernel: torch.Tensor
        self.register_buffer("kernel", kernel.float(), persistent=False)  # known, and no part of a fit's state
        self._photons = photons

    @property
    def margin(self) -> tuple[int, ...]:
        return padding.psf_margin(self.kernel.shape)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return convolution.convolve_valid(x, self.kernel)

    @torch.no_grad()
    def initial_estimate(self, observed: torch.Tensor, weight: torch.Tensor) -> torch.Tensor | None:
        return _least_tv_estimate(self.weighted(observed, weight), self.kernel)

    def weighted(self, observed: torch.Tensor, weight: torch.Tensor) -> WeightedImage:
        """What deconvolution needs of the observed image: (image without holes, weights, noise level)."""
        return _weighted(observed, weight, photons=self._photons)


class UnknownBlur(ForwardModel):
    """Convolution with a kernel that is fitted: the softmax of its parameters, so that it is positive and its sum is 1.

    The first kernel is estimated from the image; where that fails it is `fallback`, and there is no initial estimate.

    Parameters
    ----------
    observed, known
        (1, c, y, x) in about [0, 1], and (1, 1, y, x): 0 where a pixel is missing.
    fallback
        As for `Blur`; it says how large the kernel is.
    """

    def __init__(self, observed: torch.Tensor, known: torch.Tensor, fallback: torch.Tensor, *, photons: bool) -> None:
        super().__init__()
        estimate = kernel_estimation.estimate_kernel(_without_holes(observed, known), fallback.shape[-1])
        kernel = fallback if estimate is None else estimate
        self._estimated, self._photons = estimate is not None, photons
        self.logits = nn.Parameter(kernel.clamp(min=1e-6).log().float())

    @property
    def kernel(self) -> torch.Tensor:
        """As it is at present, ([z,] y, x)."""
        return self.logits.flatten().softmax(0).view_as(self.logits)

    @property
    def margin(self) -> tuple[int, ...]:
        return padding.psf_margin(self.logits.shape)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return convolution.convolve_valid(x, self.kernel)

    @torch.no_grad()
    def initial_estimate(self, observed: torch.Tensor, weight: torch.Tensor) -> torch.Tensor | None:
        if not self._estimated:
            return None
        return _least_tv_estimate(_weighted(observed, weight, photons=self._photons), self.kernel)


WeightedImage = tuple[torch.Tensor, torch.Tensor, float]
"""An image whose missing pixels are filled (1, c, *spatial), how much each pixel counts, and the noise's standard deviation where
the weight is the mean one."""


def _least_tv_estimate(weighted: WeightedImage, kernel: torch.Tensor) -> torch.Tensor:
    """Deconvolution by least total variation, weighed by the measured noise."""
    image, weight, sigma = weighted
    return deconvolve_tv(image, weight, kernel, sigma**2)


def _weighted(observed: torch.Tensor, weight: torch.Tensor, *, photons: bool) -> WeightedImage:
    image = _without_holes(observed, weight)
    relative = torch.ones_like(observed)
    if photons:  # the variance is proportional to the brightness, the weight to its inverse
        light = smooth_estimate(image, torch.ones_like(weight), _BRIGHTNESS_SIGMA).clamp(min=_MIN_BRIGHTNESS)
        relative = light.mean() / light
    sigma = laplacian_sigma((observed * relative.sqrt())[0].cpu().numpy(), weight[0, 0].cpu().numpy() > 0)
    return image, weight * relative, sigma


def _without_holes(observed: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """The image with pixels of weight 0 replaced by the weighted mean around them."""
    return torch.where(weight > 0, observed, smooth_estimate(observed, weight, _BRIGHTNESS_SIGMA))
