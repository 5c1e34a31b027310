"""The 8 symmetries of the square, each with its inverse."""

from __future__ import annotations

import functools
from collections.abc import Callable

import torch

Symmetry = Callable[[torch.Tensor], torch.Tensor]


def identity(x: torch.Tensor) -> torch.Tensor:
    """No turn."""
    return x


def _turn(number: int) -> tuple[Symmetry, Symmetry]:
    """One of the 8 symmetries of the square, and its inverse."""
    flip, transpose = [dim for bit, dim in ((1, -1), (2, -2)) if number & bit], bool(number & 4)

    def forth(x: torch.Tensor) -> torch.Tensor:
        x = x.flip(flip) if flip else x
        return x.transpose(-1, -2) if transpose else x

    def back(x: torch.Tensor) -> torch.Tensor:
        x = x.transpose(-1, -2) if transpose else x
        return x.flip(flip) if flip else x

    return forth, back


DIHEDRAL = [_turn(number) for number in range(8)]


def batch_symmetry(numbers: list[int]) -> tuple[Symmetry, Symmetry]:
    """The turn of a batch, each of its images by its own symmetry, and its inverse; one image may have any shape."""
    forth, back = zip(*(DIHEDRAL[number] for number in numbers), strict=True)

    def each(turns: tuple[Symmetry, ...], x: torch.Tensor) -> torch.Tensor:
        return torch.cat([turn(image) for turn, image in zip(turns, torch.split(x, 1), strict=True)])

    return functools.partial(each, forth), functools.partial(each, back)
