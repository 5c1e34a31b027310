"""The 8 symmetries of the square, each with its inverse."""

from __future__ import annotations

from collections.abc import Callable

import torch

Turn = Callable[[torch.Tensor], torch.Tensor]


def _turn(number: int) -> tuple[Turn, Turn]:
    """One of the 8 symmetries of the square, and its inverse."""
    flip, transpose = [dim for bit, dim in ((1, -1), (2, -2)) if number & bit], bool(number & 4)

    def forth(x: torch.Tensor) -> torch.Tensor:
        x = x.flip(flip) if flip else x
        return x.transpose(-1, -2) if transpose else x

    def back(x: torch.Tensor) -> torch.Tensor:
        x = x.transpose(-1, -2) if transpose else x
        return x.flip(flip) if flip else x

    return forth, back


TURNS = [_turn(number) for number in range(8)]
