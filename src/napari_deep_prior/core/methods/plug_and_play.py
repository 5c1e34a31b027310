"""PlugAndPlay: deconvolution in turns with a denoiser that has learnt on the image itself."""

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

_TURNS = 6
"""More gain nothing."""

_STRONGEST = 0.04
"""Noise that the first turn takes the picture to have, in an image from 0 to 1; the last one that of the image, or `_LEAST`."""

_LEAST = 0.004
"""Kernels are never exact, and what they lack acts as noise does."""

_HOLD = 2.0
"""How firmly the denoised picture is held, in terms of the two noises' ratio."""

_REACH = 4.0
"""Noise moves a pixel hardly farther than so many times its standard deviation; without a bound, turns can feed each other's faults."""

_SMALLER = (0.6, 0.45)
"""What the picture is learnt from at: made smaller it is as sharp as a sharp one. At its own size the network would learn its faults."""

BESIDE = 1
"""Channels in which the network is shown how strong the noise is."""

_ROUNDS = 20
"""Of conjugate gradients: more change nothing that shows."""

_STAGE_COST = 3
"""A turn over a pass of the network."""


def deconvolution_stages(
    start: torch.Tensor, observed: torch.Tensor, weight: torch.Tensor, deviation: float, kernel: torch.Tensor
) -> DegradationStages:
    """Noise is put on the picture, which the network learns to take off; shown a sharpened one, it leaves what is a picture of it.

    Parameters
    ----------
    start
        A first sharp picture, (1, c, [z,] y, x), larger than the observed one by the kernel's margin.
    observed, weight, kernel
        As for `least_tv`.
    deviation
        Of the noise, in the tensors' units.

    Notes
    -----
    Venkatakrishnan, Bouman, Wohlberg (GlobalSIP 2013) put a denoiser in the prior's place; by half-quadratic splitting,
    with less and less noise, as Zhang et al. (DPIR, IEEE TPAMI 2022). Their networks have learnt from thousands of photographs,
    ours from the first picture, made smaller.
    """
    sight = _BlurOperator(observed, weight, kernel)
    least = max(deviation, _LEAST)
    most = max(_STRONGEST, 2 * least)
    levels = [most * (least / most) ** (turn / (_TURNS - 1)) for turn in range(_TURNS)]
    inside = padding.crop_margin(start, padding.psf_margin(kernel.shape))
    learnt = tuple(_smaller(inside, factor) for factor in _SMALLER)
    return DegradationStages(
        stages=tuple(_stage(level, _HOLD * (least / level) ** 2, sight) for level in levels),
        training_images=lambda estimate: learnt,
        initial_estimate=start,
        inference_cost=_STAGE_COST * _TURNS,
        extra_channels=BESIDE,
    )


def _stage(level: float, hold: float, sight: _BlurOperator) -> Stage:
    """Noise of this level, and the picture that goes with the observed one and the denoised one."""

    def lose(x: torch.Tensor, draws: torch.Generator) -> torch.Tensor:
        return x + level * torch.empty_like(x).normal_(generator=draws)

    def show(x: torch.Tensor) -> torch.Tensor:
        return torch.cat([x, torch.full_like(x[:, :1], level)], 1)

    return Stage(
        degrade=lose,
        network_input=show,
        data_consistency=functools.partial(sight.nearest, hold=hold),
        max_correction=_REACH * level,
        loss_weight=1 / level,
    )


class _BlurOperator:
    """What was observed, as a blur that wraps round a picture large enough, and counts only where something is known."""

    def __init__(self, observed: torch.Tensor, weight: torch.Tensor, kernel: torch.Tensor) -> None:
        margin = padding.psf_margin(kernel.shape)
        self._weight, self._measured = (padding.pad_zeros(x, margin) for x in (weight, weight * observed))
        self._size, self._axes = self._measured.shape[2:], tuple(range(2, observed.ndim))
        self._way = convolution.transfer_function(kernel.to(observed), self._size, margin)

    def nearest(self, drawn: torch.Tensor, *, hold: float) -> torch.Tensor:
        """The x >= 0 of least ``sum w (k * x - y)^2 + hold (x - drawn)^2``, nearly: by conjugate gradients from the drawn one."""
        x = drawn
        rest = self._through(self._measured - self._weight * self._through(x, self._way), self._way.conj())
        way, length = rest, rest.square().sum()
        for _ in range(_ROUNDS):
            seen = self._through(self._weight * self._through(way, self._way), self._way.conj()) + hold * way
            step = length / (way * seen).sum().clamp(min=_NOTHING)
            x, rest = x + step * way, rest - step * seen
            before, length = length, rest.square().sum()
            way = rest + length / before.clamp(min=_NOTHING) * way
        return x.clamp(min=0)

    def _through(self, x: torch.Tensor, way: torch.Tensor) -> torch.Tensor:
        blurred: torch.Tensor = torch.fft.irfftn(way * torch.fft.rfftn(x, dim=self._axes), s=self._size, dim=self._axes)
        return blurred


_NOTHING = 1e-30
"""Where nothing is left to be gained, nothing is divided by nothing."""


def _smaller_side(pixels: int, factor: float) -> int:
    return max(1, math.floor(factor * pixels))


def _smaller(x: torch.Tensor, factor: float) -> torch.Tensor:
    """Planes made smaller, without aliases; planes of a volume stay where they are."""
    size = [_smaller_side(n, factor) for n in x.shape[-2:]]
    flat = x.flatten(0, -3)[None]
    small = F.interpolate(flat, size=size, mode="bicubic", antialias=True, align_corners=False)
    return small.view(*x.shape[:-2], *size)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PlugAndPlay(StageMethod):
    """A blur that is known is undone in turns with a denoiser; see `deconvolution_stages`."""

    name: ClassVar[str] = "plug-and-play"
    summary: ClassVar[str] = (
        "the image with noise, which it takes off in turns with undoing the blur; for a blur that is known."
    )
    order: ClassVar[int] = 31
    citation: ClassVar[str] = (
        "Zhang, K. et al. Plug-and-Play Image Restoration with Deep Denoiser Prior. IEEE TPAMI 44, 6360-6376 (2022)."
    )
    uncertainty: ClassVar[str] = (
        "How much the late outputs differ, and how far the result lies from plain deconvolution."
    )

    because: str = "there is a blur to undo"
    extra_channels: int = BESIDE

    def suits(self, evidence: Evidence) -> str | None:
        return None if evidence.volume else f"{self.because}, in turns with a denoiser learnt on the image itself"

    def training_shape(self, image: tuple[int, ...]) -> tuple[int, ...]:
        return (*image[:-2], *(_smaller_side(n, max(_SMALLER)) for n in image[-2:]))

    def spread(self, std: torch.Tensor, image: torch.Tensor, estimate: torch.Tensor | None) -> torch.Tensor:
        return std if estimate is None else std.hypot(estimate - image)
