"""Piece: what is restored at a time."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from napari_deep_prior.core.data.axes import Index


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Piece:
    """A part of the caller's image that one fit restores: a plane, or a volume where stacks are restored as such.

    Attributes
    ----------
    number
        Its place in the order in which pieces are restored.
    index
        Where it sits in the image.
    read
        Its pixels in the caller's units and axis order.
    """

    number: int
    index: Index
    read: Callable[[], NDArray[np.generic]]
