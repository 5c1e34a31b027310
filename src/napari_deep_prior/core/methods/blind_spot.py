"""BlindSpot: pixels are hidden, and the network predicts them from their neighbours, which do not know their noise."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import ClassVar

from napari_deep_prior.core.methods._base import UNLIMITED, Evidence
from napari_deep_prior.core.methods._image import LATE_RISE, ImageConfig, ImageMethod
from napari_deep_prior.core.methods._network import (
    AVERAGING,
    AVERAGING_OF_PASSES,
    HELD_OUT_FRACTION,
    PATCH_SIZE_OF_VOLUME,
    NetworkConfig,
)
from napari_deep_prior.core.networks.architecture import Architecture
from napari_deep_prior.core.networks.catalogue import COARSE, Preset
from napari_deep_prior.core.sampling.image_sampler import ImageSampling
from napari_deep_prior.core.stopping import Criterion
from napari_deep_prior.core.stopping.hidden_pixels import HiddenPixels, UnfittedHiddenPixels

_STEPS: Mapping[Preset, int] = {"fast": 250, "balanced": 1200, "best": 2500, "paper": 3000}
"""More steps gain nothing."""

_PIXELS_A_STEP, _LEAST_STEPS = 64, 100
"""Pixels of independent noise for each step, and the fewest steps: with more of them the network knows the noise of a small image by
heart. On flat fields of 64 to 256 pixels a side, where it can be seen."""

_PATCH_SIZE = 128
"""Hidden pixels need more around them than others."""

_AVERAGING_OF_SQUARES = 0.995
"""Decay of the running mean where squares are hidden: each output counts at their middles alone."""

_LATE_RISE = dataclasses.replace(LATE_RISE, keep_tolerance=0.02)
"""A few hundred pixels of few photons hardly tell early results from late ones: those have more averaging."""

_DECAY_OF_PREDICTIONS = 0.9
"""Of the running mean of what is predicted for pixels that are never fitted to, over full-image passes."""

_TV, _PREDICTABLE = 0.01, 0.1
"""Weight of the total variation, and the detail (see `NoiseEstimate`) up to which there is none: images that are predictable
everywhere need no TV, and it would lower their contrast."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class BlindSpot(ImageMethod):
    """Random pixels are hidden, and the loss counts these alone.

    Noise that is independent from pixel to pixel cannot be predicted from the neighbours, so the network has nothing to
    over-fit (Batson and Royer, Noise2Self, ICML 2019; Quan et al., Self2Self, CVPR 2020). Where noise is correlated, whole
    squares are hidden around the pixels that count, and a small network draws the coarse structures.
    """

    name: ClassVar[str] = "blind-spot"
    summary: ClassVar[str] = (
        "the image with some pixels hidden, which it must predict; for few photons and smooth pictures."
    )
    order: ClassVar[int] = 10
    citation: ClassVar[str] = (
        "Batson, J. & Royer, L. Noise2Self: Blind Denoising by Self-Supervision. ICML, PMLR 97, 524-533 (2019)."
    )
    uncertainty: ClassVar[str] = (
        "How much the late outputs differ, and the part of the noise that stays in all of them."
    )
    leaves_noise: ClassVar[bool] = True

    def suits(self, evidence: Evidence) -> str | None:
        if not self.denoises:
            return None
        noise = evidence.noise
        if noise.patches == 0:
            return "no part of the image is large enough to measure the noise in"
        if noise.outliers:
            return "what is far off can only be told from what surrounds it"
        rho, side = noise.correlation[1], 2 * noise.correlation_length + 1
        if noise.correlation_length > 1:
            shared = f"neighbouring pixels share their noise (correlation {rho:.2f})"
            return f"{shared}, so {side} x {side} pixels are hidden together"
        own = f"the noise is independent from pixel to pixel (correlation {rho:.2f})"
        return f"{own} and skewed, as of few photons (skewness {noise.skewness:.2f})"

    def config(self, evidence: Evidence) -> NetworkConfig:
        preset, radius = evidence.preset, self._radius(evidence)
        patch_size = (PATCH_SIZE_OF_VOLUME if evidence.volume else _PATCH_SIZE) if self.denoises and not radius else 0
        decay = AVERAGING_OF_PASSES if patch_size else AVERAGING
        config = ImageConfig(
            architecture=self.architecture(evidence),
            iterations=self._iterations(evidence),
            averaging=_AVERAGING_OF_SQUARES if radius else decay[preset],
            tv_weight=_TV if self.denoises and evidence.noise.detail > _PREDICTABLE else 0.0,
            sampling=ImageSampling(
                smoothing_sigma=self.base_sigma(evidence),
                mask_fraction=(0.5, 0.5) if radius else (0.3, 0.3),
                blind_spot_radius=radius,
                patch_size=patch_size,
            ),
        )
        return self.as_published(config) if preset == "paper" else config

    def _radius(self, evidence: Evidence) -> int:
        length = evidence.noise.correlation_length
        return length if self.denoises and length > 1 else 0

    def _iterations(self, evidence: Evidence) -> int:
        """The squares hidden under correlated noise need the full image at each step, and fewer steps."""
        if not self.limits_steps:
            return UNLIMITED
        steps = _STEPS[evidence.preset] // (2 if evidence.noise.correlation_length > 1 else 1)
        pixels = evidence.noise.pixels
        if (
            evidence.preset == "paper"
            or not self.denoises
            or self._radius(evidence)
            or evidence.noise.outliers
            or not pixels
        ):
            return steps
        return min(steps, max(_LEAST_STEPS, round(pixels / _PIXELS_A_STEP)))

    def architecture(self, evidence: Evidence) -> Architecture:
        if self._radius(evidence) and not evidence.volume:
            return COARSE
        return ImageMethod.architecture(self, evidence)

    def held_out(self, evidence: Evidence) -> Criterion:
        if not self.denoises or self._radius(evidence):
            return HiddenPixels(rule=self.stopping_rule)
        return UnfittedHiddenPixels(
            rule=self.rule or _LATE_RISE, fraction=HELD_OUT_FRACTION, block_size=1, decay=_DECAY_OF_PREDICTIONS
        )
