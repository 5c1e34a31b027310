"""What has happened to an image, ready to happen once more: what method redegraded learns to undo."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import torch

Picture = Callable[[torch.Tensor], torch.Tensor]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Round:
    """One round of what was lost.

    Attributes
    ----------
    lose
        A picture (b, c, [z,] y, x) -> what would have been observed of it.
    show
        What was observed -> the same on the grid of the picture, to which the network's output is added, and `beside` channels
        more that it is shown too.
    meet
        A whole picture as it was drawn -> the nearest that agrees with what was observed.
    """

    lose: Picture
    show: Picture
    meet: Picture


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Again:
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
    beside
        Channels that are shown beside the picture's own.
    transposes
        Whether a picture turned by a quarter is as good a picture: not where y and x have lost differently.
    """

    rounds: tuple[Round, ...]
    pictures: Callable[[torch.Tensor | None], tuple[torch.Tensor, ...]]
    multiple: int
    beside: int = 0
    transposes: bool = True
