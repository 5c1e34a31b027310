"""Tiles: a network applied to a large image part by part, with the same result as in one piece."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

import torch
from torch import nn

from napari_deep_prior.core.networks.architecture import Architecture

TILE = 768
"""Side in pixels of the parts of which a large image is made."""


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
        step = architecture.shuffle * 2 ** len(architecture.channels)  # tiles begin where strides do
        self._tile = math.ceil((tile or TILE) / step) * step
        self._margin = math.ceil(reach(architecture) / step) * step

    @classmethod
    def frozen(cls, network: nn.Module, architecture: Architecture) -> Tiled:
        """Of a network that learns no more."""
        return cls(network.eval().requires_grad_(False), architecture)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(1, c_in, [z,] y, x) -> (1, c_out, [z,] y, x)."""
        rows, columns = x.shape[-2:]
        if max(rows, columns) <= self._tile + 2 * self._margin:
            drawn: torch.Tensor = self.network(x)
            return drawn
        whole: torch.Tensor | None = None
        for (top, bottom), (left, right) in itertools.product(self._parts(rows), self._parts(columns)):
            y0, x0 = max(0, top - self._margin), max(0, left - self._margin)
            around = x[..., y0 : bottom + self._margin, x0 : right + self._margin]
            part = self.network(around)[..., top - y0 : bottom - y0, left - x0 : right - x0]
            if whole is None:
                whole = part.new_empty((*part.shape[:-2], rows, columns))
            whole[..., top:bottom, left:right] = part
        assert whole is not None
        return whole

    def _parts(self, size: int) -> Iterator[tuple[int, int]]:
        """First and last pixel of each part of an axis."""
        for start in range(0, size, self._tile):
            yield start, min(size, start + self._tile)
