"""The sampler that a config asks for, made for one observation."""

from __future__ import annotations

from napari_deep_prior.core.methods._base import Config
from napari_deep_prior.core.methods.recorrupted import Recorruption
from napari_deep_prior.core.noise.synthesis import CorrelatedNoise
from napari_deep_prior.core.sampling.chance import Chance
from napari_deep_prior.core.sampling.code_sampler import CodeSampler
from napari_deep_prior.core.sampling.image_sampler import ImageSampler
from napari_deep_prior.core.sampling.observation import Observation
from napari_deep_prior.core.sampling.sample import Sampler
from napari_deep_prior.core.sampling.stage_sampler import StageSampler


def sampler_for(observation: Observation, config: Config, chance: Chance) -> Sampler:
    """A sampler that has drawn nothing yet."""
    sigma = config.sampling.smoothing_sigma
    if config.method == "redegraded":
        stages = observation.stages(observation)
        assert stages is not None
        return StageSampler(observation, stages, chance, side=config.sampling.patch_size)
    if config.method == "code":
        return CodeSampler(
            observation,
            chance,
            channels=config.code_channels,
            input_noise=config.input_noise,
            smoothing_sigma=sigma,
        )
    split = None
    if config.method == "recorrupted" and observation.noise is not None:
        std = observation.noise.std_at(observation.image.cpu(), observation.mask("known"), sigma)
        split = Recorruption(CorrelatedNoise(config.autocorrelation, chance.noise), std.to(observation.image.device))
    return ImageSampler(observation, config.sampling, chance, split)
