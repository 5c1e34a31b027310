"""Architecture: the shape of a network, as plain numbers."""

from __future__ import annotations

import dataclasses
import math
from typing import Literal

MIN_SIDE = 8
"""Images are padded to at least this many pixels a side, so that batch statistics exist at every scale."""

MIN_PLANES = 4
"""Volumes are not halved along z to fewer planes than this; one that has fewer keeps all of them at every scale."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Architecture:
    """Shape of a skip hourglass, or of a plain chain of convolutions.

    Attributes
    ----------
    channels
        Number of channels of each scale, from fine to coarse.
    skip
        Channels of the skip connection of each scale; 0: none.
    up
        Interpolation from a scale to the finer one.
    shuffle
        Factor by which the finest scale is coarser than the image (pixel shuffle); 1: none.
    pointwise
        Whether a 1 x 1 convolution follows the 3 x 3 one on the way up.
    padding
        Of the 3 x 3 convolutions.
    head_scale
        Factor on the initial weights of the last layer.
    dims
        2 for images, 3 for volumes, which have no pixel shuffle.
    along_z
        Number of the coarsest scales that halve z as well as y and x: planes are mostly farther apart than pixels.
    chain
        If above 0, the number of convolutions of ``channels[0]`` in a row that replace the hourglass.
    """

    channels: tuple[int, ...]
    skip: int
    up: Literal["bilinear", "nearest"] = "bilinear"
    shuffle: int = 1
    pointwise: bool = True
    padding: Literal["reflect", "zeros"] = "reflect"
    head_scale: float = 1.0
    dims: Literal[2, 3] = 2
    along_z: int = 0
    chain: int = 0

    def for_shape(self, spatial: tuple[int, ...]) -> Architecture:
        """The same with no more scales than an image of this ([z,] y, x) allows.

        The coarsest scale keeps at least 2 pixels a side, and `MIN_PLANES` planes.
        """
        side = max(MIN_SIDE, min(spatial[-2:])) // self.shuffle
        depth = min(len(self.channels), max(1, math.floor(math.log2(side)) - 1))
        halvings = max(0, math.floor(math.log2(spatial[0] / MIN_PLANES))) if self.dims == 3 else 0
        return dataclasses.replace(self, channels=self.channels[:depth], along_z=min(depth, halvings))

    def stride(self, level: int) -> tuple[int, ...]:
        """Factor per axis between scale `level` (0 = finest) and its input."""
        along_z = (2 if level >= len(self.channels) - self.along_z else 1,) if self.dims == 3 else ()
        return (*along_z, 2, 2)
