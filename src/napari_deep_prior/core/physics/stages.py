"""What has happened to an image, ready to happen once more: what method redegraded learns to undo."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable

import torch

Transform = Callable[[torch.Tensor], torch.Tensor]
Degradation = Callable[[torch.Tensor, torch.Generator], torch.Tensor]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stage:
    """One round of what was lost.

    Attributes
    ----------
    lose
        A picture (b, c, [z,] y, x), and a generator on its device -> what would have been observed of it.
    show
        What was observed -> the same on the grid of the picture, to which the network's output is added, and `beside` channels
        more that it is shown too.
    meet
        A whole picture as it was drawn -> the nearest that agrees with what was observed.
    reach
        How far undoing it may move a pixel.
    counts
        How much an error in undoing it counts, beside the other rounds.
    """

    lose: Degradation
    show: Transform
    meet: Transform
    reach: float = math.inf
    counts: float = 1.0


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DegradationStages:
    """All that lies between the wanted image and the observed one, in rounds that are each like the next.

    Attributes
    ----------
    rounds
        In the order in which they are undone, from the observed image on.
    pictures
        What there is to learn from, (1, c, [z,] y, x) each: pictures that are to be given back after one round more. Asked at the
        start for None, and later for the result so far.
    multiple
        The sides of a picture that is to lose once more are multiples of it.
    begun
        What the first round is undone of, (1, c, [z,] y, x); None: the observed image itself.
    cost
        Of undoing all rounds of the whole, in passes of the network over it.
    beside
        Channels that are shown beside the picture's own.
    transposes
        Whether a picture turned by a quarter is as good a picture: not where y and x have lost differently.
    """

    rounds: tuple[Stage, ...]
    pictures: Callable[[torch.Tensor | None], tuple[torch.Tensor, ...]]
    multiple: int = 1
    begun: torch.Tensor | None = None
    cost: int = 1
    beside: int = 0
    transposes: bool = True
