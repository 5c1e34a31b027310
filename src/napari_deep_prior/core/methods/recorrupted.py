"""Recorrupted: one noisy image is split into two of independent noise, and the network predicts one from the other."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import ClassVar

import torch

from napari_deep_prior.core.imaging.symmetries import Symmetry
from napari_deep_prior.core.methods._base import UNLIMITED, Config, Evidence
from napari_deep_prior.core.methods._image import ImageConfig, ImageMethod
from napari_deep_prior.core.methods._network import AVERAGING, AVERAGING_OF_PASSES, PATCH_SIZE_OF_VOLUME, NetworkConfig
from napari_deep_prior.core.networks.architecture import Architecture
from napari_deep_prior.core.networks.catalogue import FULL_RESOLUTION, Preset
from napari_deep_prior.core.noise.photons import SYMMETRIC
from napari_deep_prior.core.noise.synthesis import CorrelatedNoise
from napari_deep_prior.core.sampling.chance import Chance
from napari_deep_prior.core.sampling.image_sampler import ImageSampler, ImageSampling
from napari_deep_prior.core.sampling.observation import Observation
from napari_deep_prior.core.sampling.patches import MAX_PATCHES
from napari_deep_prior.core.sampling.sample import Sampler
from napari_deep_prior.core.stopping import Criterion
from napari_deep_prior.core.stopping.split_risk import SplitRisk

_STEPS: Mapping[Preset, int] = {"fast": 300, "balanced": 1500, "best": 3000, "paper": 3000}
"""More steps gain nothing."""

_STEPS_OF_CORRELATED = 300
"""Steps for correlated noise. The noise model is only approximate there; with more steps the network fits the mismatch."""

_MAX_PASSES = 550
"""Maximum number of passes over each pixel with preset *best*: on small images more passes of its wide network over-fit."""

_PATCH_SIZE = 64
"""Small patches are sooner learnt from."""

_HELD_OUT_FRACTION = 0.03

_DECAY_OF_STEPS, _DECAY_OF_PASSES = 0.98, 0.9
"""Of the running mean of the risk: over every step, or over full-image passes, between which several steps lie."""

_DETAILED = 0.5
"""Detail (see `NoiseEstimate`) above which an image with correlated noise is not predictable from the surroundings of each pixel."""

ALPHA = 0.9
"""Factor of the added noise; a small one is closer to the image as it is, a large one makes the target less noisy."""


def recorrupt(
    image: torch.Tensor, noise: torch.Tensor, noisy: torch.Tensor | None = None
) -> tuple[torch.Tensor, torch.Tensor]:
    """Two images of the same scene whose noises are independent of each other, if `noise` is like that of the image.

    `noisy` (n, 1, y, x) is 0 where the image is clean: there the first gets as much noise as it has elsewhere, and
    the second is the clean image itself. None: noisy everywhere.

    Notes
    -----
    ``y + a n`` and ``y - n / a``: the covariance of the two is Var(y | x) - Var(n) = 0, and uncorrelated Gaussians are
    independent (Pang et al., Recorrupted-to-Recorrupted, CVPR 2021). A network that predicts the second from the first
    therefore learns the image as from pairs of exposures (Noise2Noise, Lehtinen et al., ICML 2018).
    """
    shown, target = image + ALPHA * noise, image - noise / ALPHA
    if noisy is None:
        return shown, target
    clean = image + math.hypot(1, ALPHA) * noise
    return torch.where(noisy > 0, shown, clean), torch.where(noisy > 0, target, image)


class Recorruption:
    """Splits of one image, with noise of its own kind.

    Parameters
    ----------
    source
        Noise of the image's correlation.
    std
        Its standard deviation at each pixel, like the image.
    """

    def __init__(self, source: CorrelatedNoise, std: torch.Tensor) -> None:
        self._source, self.std = source, std

    def noise(self, std: torch.Tensor, symmetry: Symmetry) -> torch.Tensor:
        """Fresh noise of this standard deviation; its correlation is turned by `symmetry` as the patch is."""
        return self._source.sample(std, symmetry)

    def halves(
        self, image: torch.Tensor, noise: torch.Tensor, noisy: torch.Tensor | None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """See `recorrupt`."""
        return recorrupt(image, noise, noisy)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Recorrupted(ImageMethod):
    """Noise like the image's own is added and subtracted, and the network predicts one noisy version from the other.

    Keeps the finest detail, as nothing is hidden; needs noise that was measured well. See `recorrupt`.
    """

    name: ClassVar[str] = "recorrupted"
    summary: ClassVar[str] = (
        "the image with more noise of its own kind added, from which it must predict the image with other noise; keeps the "
        "finest detail, needs noise that was measured well."
    )
    order: ClassVar[int] = 20
    citation: ClassVar[str] = (
        "Pang, T., Zheng, H., Quan, Y. & Ji, H. Recorrupted-to-Recorrupted: Unsupervised Deep Learning for Image Denoising. "
        "IEEE/CVF CVPR, 2043-2052 (2021)."
    )
    requires: ClassVar[str] = (
        "needs the image's noise, but no part of this image is large enough to measure it in: "
        "16 x 16 known pixels that are not all alike."
    )
    uncertainty: ClassVar[str] = (
        "How much the late outputs differ, and the part of the noise that stays in all of them."
    )
    leaves_noise: ClassVar[bool] = True

    def refuses(self, evidence: Evidence) -> str | None:
        return self.requires if evidence.noise.patches == 0 else None

    def suits(self, evidence: Evidence) -> str | None:
        noise = evidence.noise
        if not self.denoises or noise.outliers:
            return None
        rho = noise.correlation[1]
        if noise.correlation_length > 1:
            if noise.detail <= _DETAILED:
                return None
            fine = f"there is detail finer than the noise hides ({noise.detail:.1f} times its variance)"
            return f"neighbouring pixels share their noise (correlation {rho:.2f}), and {fine}"
        if abs(noise.skewness) >= SYMMETRIC:
            return None
        own = f"the noise is independent from pixel to pixel (correlation {rho:.2f})"
        return f"{own} and symmetric (skewness {noise.skewness:.2f})"

    def config(self, evidence: Evidence) -> NetworkConfig:
        preset, patch_size = evidence.preset, self._patch_size(evidence)
        config = ImageConfig(
            architecture=self.architecture(evidence),
            iterations=self._iterations(evidence),
            averaging=(AVERAGING_OF_PASSES if self.denoises else AVERAGING)[preset],
            sampling=ImageSampling(
                smoothing_sigma=self.base_sigma(evidence), mask_fraction=(0.0, 0.0), patch_size=patch_size
            ),
            autocorrelation=evidence.autocorrelation,
        )
        return self.as_published(config) if preset == "paper" else config

    def _patch_size(self, evidence: Evidence) -> int:
        if not self.denoises or evidence.preset == "paper":
            return 0
        return PATCH_SIZE_OF_VOLUME if evidence.volume else _PATCH_SIZE

    def _iterations(self, evidence: Evidence) -> int:
        preset, noise = evidence.preset, evidence.noise
        if not self.limits_steps:
            return UNLIMITED
        if noise.correlation_length > 1:
            return _STEPS_OF_CORRELATED
        if preset == "best" and noise.pixels:
            passes = max(1.0, noise.pixels / (MAX_PATCHES * _PATCH_SIZE**2))
            return min(_STEPS[preset], math.ceil(_MAX_PASSES * passes))
        return _STEPS[preset]

    def _fine(self, evidence: Evidence) -> bool:
        """Whether all detail can be kept: the noise of neighbours is independent."""
        return self.denoises and evidence.noise.correlation_length == 1

    def architecture(self, evidence: Evidence) -> Architecture:
        if self._fine(evidence) and not evidence.volume:
            return FULL_RESOLUTION[evidence.preset]
        return ImageMethod.architecture(self, evidence)

    def held_out(self, evidence: Evidence) -> Criterion:
        return SplitRisk(
            rule=self.stopping_rule,
            fraction=_HELD_OUT_FRACTION,
            block_size=1 if self._fine(evidence) else self.block_size(evidence),
            decay=_DECAY_OF_PASSES if self._patch_size(evidence) else _DECAY_OF_STEPS,
        )

    def sampler(self, observation: Observation, config: Config, chance: Chance) -> Sampler:
        assert isinstance(config, ImageConfig)
        if observation.noise is None:
            return ImageSampler(observation, config.sampling, chance)
        image, sigma = observation.image, config.sampling.smoothing_sigma
        noise, known = observation.noise, observation.mask("known")
        std = noise.std_at(image.cpu(), known, sigma).to(image.device)
        if observation.noisy is not None:  # what is clean is shown with as much noise as the rest has on average
            mean = noise.std_at(image.cpu(), known, sigma, placed=False).to(image.device)
            std = torch.where(observation.noisy > 0, std, mean)
        split = Recorruption(CorrelatedNoise(config.autocorrelation, chance.noise), std)
        return ImageSampler(observation, config.sampling, chance, split)
