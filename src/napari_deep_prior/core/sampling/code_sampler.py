"""CodeSampler: the paper's fixed random code as the network's input."""

from __future__ import annotations

import torch

from napari_deep_prior.core.imaging.normalized_convolution import smooth_estimate
from napari_deep_prior.core.imaging.symmetries import identity
from napari_deep_prior.core.networks import activation
from napari_deep_prior.core.sampling.chance import Chance
from napari_deep_prior.core.sampling.observation import Observation
from napari_deep_prior.core.sampling.sample import Sample

CODE_AMPLITUDE = 0.1
"""The fixed code is uniform on [0, 0.1], as in the paper."""


class CodeSampler:
    """A fixed random code z, with fresh Gaussian noise added at each step (Ulyanov et al. 2018, supplement).

    Parameters
    ----------
    channels
        Channels of the code.
    input_noise
        Standard deviation of the noise added to it.
    smoothing_sigma
        Where the observation has no estimate: width in pixels of the Gaussian whose mean of the image the network's output is
        added to; 0: the output is the image.
    """

    def __init__(
        self,
        observation: Observation,
        chance: Chance,
        *,
        channels: int,
        input_noise: float,
        smoothing_sigma: float,
    ) -> None:
        # The guide is not used for the base: a guided filter is nearer to the truth than a Gaussian, but fits from it ended farther off.
        self._guide = () if observation.guide is None else (observation.physics.upsample(observation.guide),)
        self.channels, self.patches = channels + len(self._guide), None
        self._observation, self._input_noise, self._noise = observation, input_noise, chance.noise
        self._base = _base(observation, smoothing_sigma)
        code = torch.rand((1, channels, *observation.drawn_shape), generator=chance.code)
        self._code = (code * CODE_AMPLITUDE).to(observation.image.device)

    def sample(self) -> Sample:
        """The code and its fresh noise; the network draws the full image."""
        code = self._code
        if self._input_noise:
            noise = torch.empty_like(code).normal_(generator=self._noise)
            code = torch.add(code, noise, alpha=self._input_noise)
        return Sample(
            input=torch.cat([code, *self._guide], 1),
            inverse=identity,
            residual_base=self._base,
            target=self._observation.image,
            weight=self._observation.shown,
        )

    def full_image(self) -> tuple[Sample, ...]:
        """The same: there are no patches."""
        return (self.sample(),)

    def refresh(self, estimate: torch.Tensor | None) -> None:
        """Nothing is learnt from estimates here."""


def _base(observation: Observation, sigma: float) -> torch.Tensor | float:
    if observation.estimate is not None:
        return activation.inverse_soft_sigmoid(observation.estimate)
    if not sigma:
        return 0.0
    clean = observation.physics.remove_nuisance(observation.image).detach()
    return activation.inverse_soft_sigmoid(
        observation.physics.upsample(smooth_estimate(clean, observation.shown, sigma))
    )
