"""Architecture: shape of a network."""

from __future__ import annotations

import dataclasses
import math
from typing import Literal

SMALLEST = 8
"""Images are grown to at least this many pixels a side, so that batch statistics exist at every scale."""


FLATTEST = 4
"""Volumes are not made coarser along z than this many planes; one that has fewer keeps all of them at every scale."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Architecture:
    """Shape of a skip hourglass.

    `channels` per scale from fine to coarse, `skip` channels carried across each scale (0 = none), `up` how it is
    enlarged, `shuffle` the factor by which the finest scale is coarser than the image, `pointwise` a 1x1 convolution
    after each enlarging one, `padding` of the 3x3 convolutions, `head_scale` shrinks the start of the last layer. Of `dims`
    3, which leave no room for a shuffle, the `along_z` coarsest scales halve z as well as y and x: planes are mostly
    farther apart than pixels. A `chain` of more than 0 is so many convolutions of `channels[0]` in a row instead.
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
        """No deeper than the image allows: the coarsest scale keeps at least 2 pixels a side, and `FLATTEST` planes."""
        side = max(SMALLEST, min(spatial[-2:])) // self.shuffle
        depth = min(len(self.channels), max(1, math.floor(math.log2(side)) - 1))
        halvings = max(0, math.floor(math.log2(spatial[0] / FLATTEST))) if self.dims == 3 else 0
        return dataclasses.replace(self, channels=self.channels[:depth], along_z=min(depth, halvings))

    def stride(self, level: int) -> tuple[int, ...]:
        """By how much the scale below `level` is coarser, per axis."""
        deep = (2 if level >= len(self.channels) - self.along_z else 1,) if self.dims == 3 else ()
        return (*deep, 2, 2)
