"""Tiles: a network applied to a large image part by part, with the same result as in one piece."""

from __future__ import annotations

import math
from collections.abc import Iterable

import torch
from torch import nn

from napari_deep_prior.core.networks.architecture import Architecture
from napari_deep_prior.core.networks.exhausted import is_out_of_memory

TILE = 768
"""Side in pixels of the parts of which a large image is made."""

Place = tuple[int, int, int, int]
"""First row and the one after the last of a part, and its columns likewise."""


def reach(architecture: Architecture) -> int:
    """Pixels on each side that a pixel of the hourglass's output depends on, at most.

    On each scale: two 3 x 3 convolutions on the way down, one at each of its two strides, an interpolation, and a 3 x 3
    convolution on the way up.
    """
    strides = [architecture.shuffle << level for level in range(len(architecture.channels))]
    return sum(2 * fine + 2 * (2 * fine) for fine in strides) + architecture.shuffle


class Tiled(nn.Module):
    """A hourglass with frozen statistics, applied in tiles that reach as far beyond their part as it depends on.

    Parameters
    ----------
    network
        In evaluation mode, so that what it draws of a place depends on its surroundings alone.
    architecture
        Its shape.
    tile
        Side of a part in pixels, `TILE` unless given; smaller images are taken whole.
    """

    def __init__(self, network: nn.Module, architecture: Architecture, tile: int | None = None) -> None:
        super().__init__()
        self.network, self.architecture = network, architecture
        self._step: int = architecture.shuffle * 2 ** len(architecture.channels)  # tiles begin where strides do
        self._tile = self._whole_steps(tile or TILE)
        self._margin = self._whole_steps(reach(architecture))
        self.smaller: int | None = None
        """Side of the parts where memory did not suffice for larger ones."""

    @classmethod
    def frozen(cls, network: nn.Module, architecture: Architecture) -> Tiled:
        """Of a network that learns no more."""
        return cls(network.eval().requires_grad_(False), architecture)

    def _whole_steps(self, size: float) -> int:
        return math.ceil(size / self._step) * self._step

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(1, c_in, [z,] y, x) -> (1, c_out, [z,] y, x). What is drawn before memory is exhausted is not drawn again.

        Raises
        ------
        torch.OutOfMemoryError, MemoryError, RuntimeError
            If memory does not suffice for the smallest part.
        """
        rows, columns = x.shape[-2:]
        left = [(0, rows, 0, columns)]
        if max(rows, columns) > self._tile + 2 * self._margin:
            left = self._cut(left)
        whole: torch.Tensor | None = None
        while left:
            part = self._part(x, left[0])
            if part is None:
                left = self._cut(left)
                continue
            if part.shape[-2:] == (rows, columns):
                return part
            if whole is None:
                whole = part.new_empty((*part.shape[:-2], rows, columns))
            top, bottom, first, last = left.pop(0)
            whole[..., top:bottom, first:last] = part
        assert whole is not None
        return whole

    def _part(self, x: torch.Tensor, place: Place) -> torch.Tensor | None:
        """What is drawn of a part; None where memory did not suffice, and parts are smaller from now on."""
        top, bottom, left, right = place
        y0, x0 = max(0, top - self._margin), max(0, left - self._margin)
        try:
            drawn: torch.Tensor = self.network(x[..., y0 : bottom + self._margin, x0 : right + self._margin])
        except (MemoryError, RuntimeError) as error:  # among these is PyTorch's own
            side = self._whole_steps(min(self._tile, max(bottom - top, right - left)) / 2)
            if not is_out_of_memory(error) or side >= max(bottom - top, right - left):
                raise
            self._tile = self.smaller = side
        else:
            return drawn[..., top - y0 : bottom - y0, left - x0 : right - x0]
        if x.is_cuda:  # here, where the error holds no tensors any more
            torch.cuda.empty_cache()
        return None

    def _cut(self, places: list[Place]) -> list[Place]:
        """The same places in parts no larger than a tile."""
        return [
            (y, min(bottom, y + self._tile), x, min(right, x + self._tile))
            for top, bottom, left, right in places
            for y in range(top, bottom, self._tile)
            for x in range(left, right, self._tile)
        ]


def notes_on(networks: Iterable[nn.Module]) -> list[str]:
    """What a report says of the tiles of some networks: something only where memory did not suffice for the usual ones."""
    sides = [network.smaller for network in networks if isinstance(network, Tiled) and network.smaller is not None]
    words = "memory did not suffice, so that it was drawn in tiles of {0} x {0} pixels: the same up to rounding"
    return [words.format(min(sides))] if sides else []
