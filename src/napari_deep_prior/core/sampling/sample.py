"""Sample: what the network sees at one step and what its output is compared with; Sampler: where samples come from."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Protocol

import torch

from napari_deep_prior.core.imaging.symmetries import Symmetry
from napari_deep_prior.core.sampling.patches import PatchSampler


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Input, target and weight of one step.

    Attributes
    ----------
    input
        What the network sees, (b, n, y, x): b patches, or 1 where it is the full image.
    inverse
        Brings the output back onto the grid of the image; `identity` where target and weight are turned as the input is.
    residual_base
        What the network's output is added to, before the activation.
    target, weight
        What the degraded output is compared with, (b, c, y, x), and how much each pixel counts, (b, 1, y, x).
    averaging_mask
        Which pixels of the output enter the running mean of the result, (b, 1, y, x); None: all.
    hidden
        Which pixels the network was not shown but asked for, (b, 1, y, x); None: none.
    in_image_domain
        Whether the output itself is compared with the target, not what the forward model makes of it.
    data_consistency
        Brings a full-size output into agreement with the observation, before it enters the result; None: nothing does.
    next_stage
        From that output, the sample of the next stage; the output of the last stage is the one that counts. None: it is the last.
    """

    input: torch.Tensor
    inverse: Symmetry
    residual_base: torch.Tensor | float
    target: torch.Tensor
    weight: torch.Tensor
    averaging_mask: torch.Tensor | None = None
    hidden: torch.Tensor | None = None
    in_image_domain: bool = False
    data_consistency: Symmetry | None = None
    next_stage: Callable[[torch.Tensor], Sample] | None = None


class Sampler(Protocol):
    """Source of a fit's samples. A new one for each fit."""

    channels: int

    @property
    def patches(self) -> PatchSampler | None:
        """Where each step looks; None: at the full image."""
        ...

    def sample(self) -> Sample:
        """The next step's sample: the full image, or patches of it."""
        ...

    def full_image(self) -> tuple[Sample, ...]:
        """Samples of the full image: one, or two with opposite noise."""
        ...

    def refresh(self, estimate: torch.Tensor | None) -> None:
        """Train on the current estimate of the result as well, where the sampler can; None: no longer."""
        ...
