"""NLRidge: similar patches combined by the weights of least expected error; no network, a result in seconds."""

from __future__ import annotations

import dataclasses
import math
from typing import ClassVar, Self

import torch
import torch.nn.functional as F

from napari_deep_prior.core.compute.device import Device
from napari_deep_prior.core.imaging.nl_ridge import nl_ridge_with_deviation
from napari_deep_prior.core.imaging.normalized_convolution import smooth_estimate
from napari_deep_prior.core.methods._base import Config, Evidence, Footprint, PlaneShape
from napari_deep_prior.core.methods._closed_form import ClosedFormMethod
from napari_deep_prior.core.sampling.observation import Observation

_HOLE_SIGMA = 2.5
"""Width in pixels of the Gaussian mean that stands in for missing pixels."""

_MOST = 1e4
"""Variance in tensor units, in which the image's is below 1, above which noise is no stronger: float32 has no room for more."""

_BYTES_PER_PIXEL, _BYTES_PER_COLUMN, _FIXED_BYTES = 200, 300_000, 60 * 2**20
"""Of memory: for whole images, for the groups of one row of tiles, whatever the size."""


_COARSE_STRIDE = 6
"""Half of the time, a tenth of a decibel of the result alone, and less where it is mixed with another (docs/benchmarks.md)."""

_FEWEST_BLOCKS = 16
"""Along the shorter side of an image of few photons."""


def _block_side(photons: float, shape: tuple[int, ...]) -> int:
    """Side in pixels of blocks that hold about a photon each: between patches of none and of one there is nothing alike."""
    wanted = math.ceil(1 / math.sqrt(photons)) if photons < 1 else 1
    return max(1, min(wanted, min(shape) // _FEWEST_BLOCKS))


_LIGHT_SIGMA = 2.0
"""Width in pixels of the Gaussian mean that tells how many photons are around a photon."""


def _photons(image: torch.Tensor, line: tuple[float, float], least: float) -> float:
    """How many photons there are in a pixel around a photon, (n, c, y, x) with the variance ``slope * x + intercept``; at least `least`.

    Not in a pixel of the mean: of a dark picture with few bright cells the pixels that matter hold many.
    """
    slope, intercept = line
    if not (least < 1 and slope > 0):
        return least
    counts = ((image + intercept / slope) / slope).clamp(min=0)
    around = smooth_estimate(counts, torch.ones_like(counts[:, :1]), _LIGHT_SIGMA)
    itself = 1 / (4 * math.pi * _LIGHT_SIGMA**2)
    seen = float((counts * around).sum() / counts.sum().clamp(min=1e-12))
    return max(least, seen - itself) if math.isfinite(seen) else least


def _averaged(image: torch.Tensor, side: int) -> torch.Tensor:
    return image if side == 1 else F.avg_pool2d(image, side, ceil_mode=True, count_include_pad=False)


def _enlarged(image: torch.Tensor, side: int, shape: tuple[int, ...]) -> torch.Tensor:
    if side == 1:
        return image
    fine = F.interpolate(image, scale_factor=side, mode="bilinear", align_corners=False)
    return fine[..., : shape[0], : shape[1]]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Footprint:
    channels: int
    shape: tuple[int, ...]

    def peak_bytes(self, device: Device) -> int:
        at_once = _BYTES_PER_PIXEL * math.prod(self.shape) + _BYTES_PER_COLUMN * self.shape[-1]
        return self.channels * at_once + _FIXED_BYTES


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class NLRidge(ClosedFormMethod):
    """Non-local ridge regression (Herbreteau and Kervrann 2025); see `core.imaging.nl_ridge`.

    Channels that are scaled together, as those of a colour, share their groups of patches; others are restored by themselves, for
    each may show something else.

    Attributes
    ----------
    stride
        Distance in pixels between the patches whose like are looked for.
    """

    stride: int = 4

    name: ClassVar[str] = "nl-ridge"
    summary: ClassVar[str] = (
        "no network: similar patches of the image combined by the weights of least expected error; what the preset instant takes."
    )
    order: ClassVar[int] = 25
    citation: ClassVar[str] = (
        "Herbreteau, S. & Kervrann, C. A unified framework of non-local parametric methods for image denoising. "
        "SIAM Journal on Imaging Sciences 18, 89-119 (2025)."
    )
    principle: ClassVar[str] = "similar patches of this image are combined by the weights of least expected error"
    requires: ClassVar[str] = "needs a single plane to be denoised, without missing pixels."
    uncertainty: ClassVar[str] = (
        "The error that the weights of the patches are expected to leave, if the noise is as measured; not a confidence interval."
    )

    def refuses(self, evidence: Evidence) -> str | None:
        if evidence.volume:
            return "needs single planes: switch volume off, and the stack is restored plane by plane."
        if evidence.noise.outliers:
            return "has no answer to pixels that are far off: choose another preset, or another noise."
        if evidence.noise.patches == 0:
            return (
                "needs the image's noise, but no part of this image is large enough to measure it in: 16 x 16 pixels."
            )
        return None

    def suits(self, evidence: Evidence) -> str | None:
        return "similar patches, combined in one step" if evidence.preset == "instant" else None

    def quick(self) -> Self:
        return dataclasses.replace(self, stride=_COARSE_STRIDE)

    def estimate(self, observation: Observation) -> tuple[torch.Tensor, torch.Tensor]:
        noise = observation.noise
        if noise is None:
            return observation.image, torch.zeros_like(observation.image)
        smooth = smooth_estimate(observation.image, observation.known, _HOLE_SIGMA)
        image = torch.where(observation.known > 0, observation.image, smooth)
        lines = noise.lines
        found = [
            self._one(part, line, observation)
            for part, line in zip(torch.chunk(image, len(lines), 1), lines, strict=True)
        ]
        restored, std = (torch.cat(x, 1) for x in zip(*found, strict=True))
        return observation.finish(restored, False), std

    def _one(
        self, image: torch.Tensor, line: tuple[float, float], observation: Observation
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Channels (1, c, y, x) whose noise has one line, without holes: restored, and the standard deviation."""
        noise = observation.noise
        assert noise is not None
        side = _block_side(_photons(image, line, noise.photons), observation.shape)
        slope, intercept = (min(term, _MOST) / side**2 for term in line)
        lags = noise.autocorrelation if side == 1 else ((1.0,),)
        strength = noise.strength_on(image.device)
        placed = None if strength is None else _averaged(strength, side)
        restored, std = nl_ridge_with_deviation(_averaged(image, side), slope, intercept, lags, placed, self.stride)
        return _enlarged(restored, side, observation.shape), _enlarged(std, side, observation.shape)

    def footprint(self, config: Config, plane: PlaneShape) -> Footprint:
        return _Footprint(channels=plane.channels, shape=plane.image)
