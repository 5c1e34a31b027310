"""Pictures that a camera stored lying on their side, turned as their orientation tag says (TIFF 6.0, Exif 2.3)."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np

from napari_deep_prior.files.picture import Picture

TAG = 274
"""Number of the tag, in TIFF and in Exif."""

_FLIPS = {
    2: ("X", False),
    3: ("YX", False),
    4: ("Y", False),
    5: ("", True),
    6: ("Y", True),
    7: ("YX", True),
    8: ("X", True),
}
"""Orientation -> axes to be flipped, and whether Y and X are exchanged after that."""


def is_upright(orientation: object) -> bool:
    """Whether a picture is stored as any viewer shows it."""
    return orientation not in _FLIPS


def turn_upright(picture: Picture, orientation: object, path: Path) -> Picture:
    """The picture as any viewer shows it, with a note where that is not as it is stored."""
    if orientation not in _FLIPS or picture.axes is None:
        return picture
    flipped, exchange = _FLIPS[int(str(orientation))]
    array = np.flip(picture.array, tuple(picture.axes.index(letter) for letter in flipped))
    sizes = dict(picture.pixel_size)
    if exchange:
        array = np.swapaxes(array, picture.axes.index("Y"), picture.axes.index("X"))
        swapped = {"Y": "X", "X": "Y"}
        sizes = {swapped.get(letter, letter): size for letter, size in sizes.items()}
    return dataclasses.replace(
        picture,
        array=np.ascontiguousarray(array),
        pixel_size=sizes,
        notes=(*picture.notes, f"{path.name} is stored lying or mirrored; it is turned as its orientation tag says."),
    )
