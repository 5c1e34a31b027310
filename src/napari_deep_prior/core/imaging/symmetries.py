"""The 8 symmetries of the square (the dihedral group), each with its inverse: they multiply the training data."""

from __future__ import annotations

import functools
from collections.abc import Callable

import torch

Symmetry = Callable[[torch.Tensor], torch.Tensor]
"""Flips and transposes the last two axes of (..., y, x)."""


def identity(x: torch.Tensor) -> torch.Tensor:
    """The symmetry that changes nothing."""
    return x


def _symmetry(number: int) -> tuple[Symmetry, Symmetry]:
    """One of the 8 symmetries and its inverse; the three bits of `number` stand for two flips and a transposition."""
    flips = [dim for bit, dim in ((1, -1), (2, -2)) if number & bit]
    transposes = bool(number & 4)

    def forward(x: torch.Tensor) -> torch.Tensor:
        x = x.flip(flips) if flips else x
        return x.transpose(-1, -2) if transposes else x

    def inverse(x: torch.Tensor) -> torch.Tensor:
        x = x.transpose(-1, -2) if transposes else x
        return x.flip(flips) if flips else x

    return forward, inverse


DIHEDRAL = [_symmetry(number) for number in range(8)]
"""All 8 symmetries with their inverses, the identity first."""


def batch_symmetry(numbers: list[int]) -> tuple[Symmetry, Symmetry]:
    """A symmetry of (n, c, y, x) that treats each image by its own number in `DIHEDRAL`, and its inverse.

    Images must be square if some are transposed and others are not.
    """
    forward, inverse = zip(*(DIHEDRAL[number] for number in numbers), strict=True)

    def each(symmetries: tuple[Symmetry, ...], x: torch.Tensor) -> torch.Tensor:
        return torch.cat([apply(image) for apply, image in zip(symmetries, torch.split(x, 1), strict=True)])

    return functools.partial(each, forward), functools.partial(each, inverse)
