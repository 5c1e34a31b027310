"""What the network sees at each step, and the paper's answer: NoiseCode, a fixed code."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Protocol

import torch

from napari_deep_prior.core.imaging.symmetries import Symmetry
from napari_deep_prior.core.sampling.patches import PatchSampler


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """One step.

    Attributes
    ----------
    input
        What the network sees, (b, n, y, x); b crops, or 1 where it is the whole.
    undo
        Brings the output back onto the grid of the image; `as_is` where all else is turned as the input is.
    base
        What the network's output is added to, before the head.
    target, weight
        What the degraded output is compared with, (b, c, y, x), and how much each pixel counts, (b, 1, y, x).
    counts
        Which pixels of the output enter the result's running mean, (b, 1, y, x); None: all.
    direct
        Whether the output is itself compared with the target, without the instrument.
    meet
        Brings the output into agreement with what was observed, before it enters the result.
    then
        From that output, what the network is asked for next; the last answer is the one that counts.
    """

    input: torch.Tensor
    undo: Symmetry
    base: torch.Tensor | float
    target: torch.Tensor
    weight: torch.Tensor
    counts: torch.Tensor | None = None
    direct: bool = False
    meet: Symmetry | None = None
    then: Callable[[torch.Tensor], Sample] | None = None


class Sampler(Protocol):
    """Where a step's input comes from."""

    channels: int

    @property
    def crops(self) -> PatchSampler | None:
        """Where each step looks; None: at the whole."""
        ...

    def draw(self) -> Sample:
        """The next step's input: the whole, or crops of it where there are any."""
        ...

    def whole(self) -> tuple[Sample, ...]:
        """The same of the whole: one, or two with opposite noise."""
        ...

    def learn(self, result: torch.Tensor | None) -> None:
        """Learn from the result so far as well, where the scheme can; None: no longer."""
        ...
