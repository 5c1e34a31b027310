"""Observation: one plane as a fit sees it, in tensor units on the device."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from napari_deep_prior.core.noise.model import NoiseModel
from napari_deep_prior.core.optimisation.losses import Misfit
from napari_deep_prior.core.physics.forward_model import ForwardModel
from napari_deep_prior.core.physics.stages import DegradationStages


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Observation:
    """What was observed of one plane, and how.

    Attributes
    ----------
    image
        (1, c, [z,] y, x) float32 in about [0, 1].
    known
        (1, 1, [z,] y, x), 1 where a pixel was observed, 0 where it is missing.
    noisy
        Like `known`, 0 where the image is clean; None: it is noisy everywhere.
    shown
        Like `known`: the pixels that the network may see and be fitted to. Without those that a criterion hides from it.
    fitted
        Like `known`: the pixels that count in the loss of a sampler that shows the network more than it fits.
    physics
        From the wanted image to the observed one.
    misfit
        How far two images are apart, given the noise.
    noise
        Measured noise; None where none could be measured.
    guide
        Another image of the same place, (1, 1, y, x) in about [0, 1], that the network is shown too; None: there is none.
    context
        Neighbouring planes of a stack, (1, k c, y, x) on the scale of `image`, whose noise is independent of its own, so that
        they are shown as they are; None: none are.
    estimate
        A first estimate of the wanted image on the grid that the network draws; None: there is none.
    stages
        The degradation as stages that can be applied again, for an observation with its `estimate`; None: it cannot be.
    finish
        From the network's mean output without its margin, and whether it was fitted to the known pixels, to the result.
    """

    image: torch.Tensor
    known: torch.Tensor
    shown: torch.Tensor
    fitted: torch.Tensor
    physics: ForwardModel
    misfit: Misfit
    stages: Callable[[Observation], DegradationStages | None]
    finish: Callable[[torch.Tensor, bool], torch.Tensor]
    noisy: torch.Tensor | None = None
    noise: NoiseModel | None = None
    guide: torch.Tensor | None = None
    context: torch.Tensor | None = None
    estimate: torch.Tensor | None = None

    @property
    def channels(self) -> int:
        """Channels of the image."""
        return int(self.image.shape[1])

    @property
    def shape(self) -> tuple[int, ...]:
        """([z,] y, x) of the image."""
        return tuple(self.image.shape[2:])

    @property
    def drawn_shape(self) -> tuple[int, ...]:
        """([z,] y, x) of what the network draws: the wanted image and a margin around it."""
        return self.physics.input_shape(self.shape)

    def mask(self, name: str) -> NDArray[np.bool_]:
        """One of the masks by its name, ([z,] y, x) on the processor."""
        pixels: NDArray[np.bool_] = getattr(self, name)[0, 0].cpu().numpy() > 0
        return pixels

    def without(self, held: torch.Tensor, *, hidden: bool) -> Observation:
        """The same without some known pixels (1 in `held`): they are not fitted, and where `hidden`, not shown either."""
        return dataclasses.replace(
            self, shown=self.shown * (1 - held) if hidden else self.shown, fitted=self.fitted * (1 - held)
        )

    def part(self, region: tuple[slice, ...]) -> Observation:
        """A part ([z,] y, x) of what was observed directly, not through a forward model; nothing finishes its result."""
        here: tuple[Any, ...] = (..., *region)
        return dataclasses.replace(
            self,
            image=self.image[here],
            known=self.known[here],
            shown=self.shown[here],
            fitted=self.fitted[here],
            noisy=None if self.noisy is None else self.noisy[here],
            guide=None if self.guide is None else self.guide[here],
            context=None if self.context is None else self.context[here],
            estimate=None if self.estimate is None else self.estimate[here],
            noise=None if self.noise is None else self.noise.part(region),
            finish=lambda output, fits_known: output,
        )

    def with_estimate(self, estimate: torch.Tensor | None) -> Observation:
        """The same with a first estimate of the wanted image."""
        return dataclasses.replace(self, estimate=estimate)
