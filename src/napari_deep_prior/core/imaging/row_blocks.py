"""Row blocks: a large image is computed some rows at a time, so that what is in between never exists of all of it at once."""

from __future__ import annotations

import math
from collections.abc import Sequence

_PIXELS = 2**20
"""Pixels of a block, about."""


def row_blocks(shape: Sequence[int]) -> list[slice]:
    """Slices of the last axis but one of an array of this shape, one after the other."""
    rows = shape[-2]
    each = max(1, _PIXELS * rows // max(1, math.prod(shape)))
    return [slice(start, min(rows, start + each)) for start in range(0, rows, each)]
