"""PlugAndPlay: deconvolution that alternates with a denoiser trained on the image itself."""

from __future__ import annotations

import dataclasses
import functools
import math
from typing import ClassVar

import torch
import torch.nn.functional as F

from napari_deep_prior.core.methods._base import Evidence
from napari_deep_prior.core.methods._stages import StageMethod
from napari_deep_prior.core.physics import convolution, padding
from napari_deep_prior.core.physics.stages import DegradationStages, Stage

_ITERATIONS = 6
"""Iterations of half-quadratic splitting. More gain nothing."""

_MAX_NOISE = 0.04
"""Noise level of the first iteration, for images from 0 to 1. The last one has that of the image, or `_MIN_NOISE`."""

_MIN_NOISE = 0.004
"""Least noise level. A kernel is never exact, and its error acts as noise does."""

_PENALTY = 2.0
"""Weight of the denoised image in the data step, in units of the ratio of the two noise variances."""

_MAX_CORRECTION = 4.0
"""Bound of a denoising step in noise levels: noise hardly moves a pixel farther. Unbounded, iterations can amplify an artefact."""

_SCALES = (0.6, 0.45)
"""Scales of the training images. The first estimate made smaller is as sharp as a sharp image; at full size the network would
learn its artefacts."""

NOISE_CHANNELS = 1
"""Channels of the network's input that hold the noise level."""

_CONJUGATE_GRADIENTS = 20
"""Iterations of the data step. More change nothing visible."""

_STAGE_COST = 3
"""Cost of one iteration in passes of the network."""


def deconvolution_stages(
    start: torch.Tensor, observed: torch.Tensor, weight: torch.Tensor, deviation: float, kernel: torch.Tensor
) -> DegradationStages:
    """Stages of a deconvolution: each denoises the estimate and then makes it consistent with the observed image.

    The network learns to remove noise of any of these levels from the first estimate, made smaller.

    Parameters
    ----------
    start
        First estimate, (1, c, [z,] y, x), larger than the observed image by the kernel's margin.
    observed, weight, kernel
        As for `deconvolve_tv`.
    deviation
        Standard deviation of the noise, in the tensors' units.

    Notes
    -----
    Plug-and-play priors [1]_ put a denoiser in place of a regulariser. We use half-quadratic splitting with a decreasing noise
    level, as DPIR [2]_. Its network was trained on thousands of photographs; ours is trained on this image alone.

    References
    ----------
    .. [1] Venkatakrishnan, Bouman, Wohlberg, Plug-and-play priors for model based reconstruction, GlobalSIP 2013.
    .. [2] Zhang et al., Plug-and-play image restoration with deep denoiser prior, IEEE TPAMI 44, 2022.
    """
    blur = _BlurOperator(observed, weight, kernel)
    least = max(deviation, _MIN_NOISE)
    most = max(_MAX_NOISE, 2 * least)
    levels = [most * (least / most) ** (iteration / (_ITERATIONS - 1)) for iteration in range(_ITERATIONS)]
    inside = padding.crop_margin(start, padding.psf_margin(kernel.shape))
    training_images = tuple(_smaller(inside, scale) for scale in _SCALES)
    return DegradationStages(
        stages=tuple(_stage(level, _PENALTY * (least / level) ** 2, blur) for level in levels),
        training_images=lambda estimate: training_images,
        initial_estimate=start,
        inference_cost=_STAGE_COST * _ITERATIONS,
        extra_channels=NOISE_CHANNELS,
    )


def _stage(level: float, penalty: float, blur: _BlurOperator) -> Stage:
    """One iteration: noise of this level is removed, then the data step follows."""

    def degrade(x: torch.Tensor, draws: torch.Generator) -> torch.Tensor:
        return x + level * torch.empty_like(x).normal_(generator=draws)

    def network_input(x: torch.Tensor) -> torch.Tensor:
        return torch.cat([x, torch.full_like(x[:, :1], level)], 1)

    return Stage(
        degrade=degrade,
        network_input=network_input,
        data_consistency=functools.partial(blur.proximal, penalty=penalty),
        max_correction=_MAX_CORRECTION * level,
        loss_weight=1 / level,
    )


class _BlurOperator:
    """Periodic blur of an image that is padded so far that the period does not matter; missing pixels have weight 0."""

    def __init__(self, observed: torch.Tensor, weight: torch.Tensor, kernel: torch.Tensor) -> None:
        margin = padding.psf_margin(kernel.shape)
        self._weight, self._measured = (padding.pad_zeros(x, margin) for x in (weight, weight * observed))
        self._size, self._axes = self._measured.shape[2:], tuple(range(2, observed.ndim))
        self._transfer = convolution.transfer_function(kernel.to(observed), self._size, margin)

    def proximal(self, denoised: torch.Tensor, *, penalty: float) -> torch.Tensor:
        """Data step: the x >= 0 with least ``sum w (k * x - y)^2 + penalty (x - denoised)^2``, by conjugate gradients from `denoised`."""
        x, adjoint = denoised, self._transfer.conj()
        residual = self._filtered(self._measured - self._weight * self._filtered(x, self._transfer), adjoint)
        direction, length = residual, residual.square().sum()
        for _ in range(_CONJUGATE_GRADIENTS):
            blurred = self._weight * self._filtered(direction, self._transfer)
            curvature = self._filtered(blurred, adjoint) + penalty * direction
            step = length / (direction * curvature).sum().clamp(min=_TINY)
            x, residual = x + step * direction, residual - step * curvature
            before, length = length, residual.square().sum()
            direction = residual + length / before.clamp(min=_TINY) * direction
        return x.clamp(min=0)

    def _filtered(self, x: torch.Tensor, transfer: torch.Tensor) -> torch.Tensor:
        spectrum = transfer * torch.fft.rfftn(x, dim=self._axes)
        filtered: torch.Tensor = torch.fft.irfftn(spectrum, s=self._size, dim=self._axes)
        return filtered


_TINY = 1e-30
"""Least denominator: once the residual is 0, steps are 0 and not NaN."""


def _smaller_side(pixels: int, scale: float) -> int:
    return max(1, math.floor(scale * pixels))


def _smaller(x: torch.Tensor, scale: float) -> torch.Tensor:
    """Antialiased image at this scale in y and x; a volume keeps its planes."""
    size = [_smaller_side(n, scale) for n in x.shape[-2:]]
    flat = x.flatten(0, -3)[None]
    small = F.interpolate(flat, size=size, mode="bicubic", antialias=True, align_corners=False)
    return small.view(*x.shape[:-2], *size)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PlugAndPlay(StageMethod):
    """Half-quadratic splitting: a known blur is undone in alternation with a denoiser; see `deconvolution_stages`."""

    name: ClassVar[str] = "plug-and-play"
    summary: ClassVar[str] = (
        "the image with noise added, to learn to remove it; the fit alternates between this denoiser and undoing the blur "
        "(plug-and-play priors). For a known blur."
    )
    order: ClassVar[int] = 31
    citation: ClassVar[str] = (
        "Zhang, K. et al. Plug-and-Play Image Restoration with Deep Denoiser Prior. IEEE TPAMI 44, 6360-6376 (2022)."
    )
    uncertainty: ClassVar[str] = (
        "How much the late outputs differ, and how far the result lies from plain deconvolution."
    )

    because: str = "there is a blur to undo"
    extra_channels: int = NOISE_CHANNELS

    def suits(self, evidence: Evidence) -> str | None:
        return (
            None if evidence.volume else f"{self.because}, in alternation with a denoiser trained on the image itself"
        )

    def training_shape(self, image: tuple[int, ...]) -> tuple[int, ...]:
        return (*image[:-2], *(_smaller_side(n, max(_SCALES)) for n in image[-2:]))

    def spread(self, std: torch.Tensor, image: torch.Tensor, estimate: torch.Tensor | None) -> torch.Tensor:
        return std if estimate is None else std.hypot(estimate - image)
