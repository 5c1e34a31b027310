"""Whether a stack is restored plane by plane: because of its size, or because somebody asked for what needs it."""

from __future__ import annotations

import math

from napari_deep_prior import files
from napari_deep_prior.core.compute.memory import free_bytes

_BYTES_A_PIXEL = 22
"""Of a result in memory: image and uncertainty as planes and as a whole, invented pixels, a copy that is saved."""

_SHARE = 0.6
"""Of the free memory that image and result may take together; the fit needs some too."""


def bytes_in_memory(picture: files.Picture) -> int:
    """Memory that an image and its result would take."""
    pixels = math.prod(picture.array.shape)
    return int(pixels * (picture.array.dtype.itemsize + _BYTES_A_PIXEL))


def too_large(picture: files.Picture) -> str | None:
    """Why an image is not restored in memory, in words; None: it fits, or nobody knows."""
    needed, free = bytes_in_memory(picture), free_bytes()
    if free is None or needed <= _SHARE * free:
        return None
    return (
        f"Image and result would take {needed / 1e9:.3g} GB of memory, of which {free / 1e9:.3g} GB are free: they are read and "
        "written plane by plane."
    )
