"""DegradationStages: the degradation as a list of stages that can each be applied again.

Applied once more to known images they give training pairs for zero-shot learning (Shocher et al., CVPR 2018).
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable

import torch

Transform = Callable[[torch.Tensor], torch.Tensor]
"""Image -> image."""

Degradation = Callable[[torch.Tensor, torch.Generator], torch.Tensor]
"""An image (b, c, [z,] y, x) and a generator on its device -> the image after one stage of the degradation."""

TrainingImages = Callable[[torch.Tensor | None], tuple[torch.Tensor, ...]]
"""The estimate so far, or None at the start -> images to learn from, (1, c, [z,] y, x) each."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stage:
    """One stage of the degradation, and how it is undone.

    Attributes
    ----------
    degrade
        An image -> what one stage makes of it. Drawn at random where noise is part of it.
    network_input
        A degraded image -> the same on the grid of the image, to which the network's output is added, followed by the extra
        channels that the network is shown.
    data_consistency
        Projects a full-size network output onto the images that are consistent with the observation.
    max_correction
        Largest change of a pixel by undoing this stage.
    loss_weight
        Weight of this stage in the loss, relative to the other stages.
    """

    degrade: Degradation
    network_input: Transform
    data_consistency: Transform
    max_correction: float = math.inf
    loss_weight: float = 1.0


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DegradationStages:
    """The degradation between the wanted and the observed image, as stages that are alike and can be repeated.

    Attributes
    ----------
    stages
        In the order in which they are undone, from the observed image on.
    training_images
        Images from which the network learns to undo one stage; asked at the start for None, later for the estimate so far.
    size_multiple
        The sides of an image that is to be degraded are multiples of it.
    initial_estimate
        What the first stage is undone of, (1, c, [z,] y, x); None: the observed image.
    inference_cost
        Cost of undoing all stages of the full image, in passes of the network over it.
    extra_channels
        Channels that the network is shown after the image's own.
    transpose_invariant
        Whether a transposed image is as good an example: not where y and x are degraded differently.
    """

    stages: tuple[Stage, ...]
    training_images: TrainingImages
    size_multiple: int = 1
    initial_estimate: torch.Tensor | None = None
    inference_cost: int = 1
    extra_channels: int = 0
    transpose_invariant: bool = True
