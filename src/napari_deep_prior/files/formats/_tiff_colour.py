"""What the samples of a pixel in a TIFF are: colours, transparency, or grey values."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import tifffile
from tifffile import EXTRASAMPLE, PHOTOMETRIC, PLANARCONFIG

from napari_deep_prior.files.picture import Picture


def true_is_one(page: tifffile.TiffPage) -> bool:
    """Whether bits were written by Python's tifffile, which calls those of a boolean array inverted and stores them as they are."""
    return page.bitspersample == 1 and page.software == "tifffile.py"


def has_alpha(page: tifffile.TiffPage, picture: Picture) -> bool:
    """Whether the last sample is transparency: said by the file, or the fourth beside red, green and blue."""
    if picture.axes is None or "S" not in picture.axes:
        return False
    declared = {EXTRASAMPLE.ASSOCALPHA, EXTRASAMPLE.UNASSALPHA}
    fourth = page.photometric == PHOTOMETRIC.RGB and page.samplesperpixel == 4
    return fourth or (len(page.extrasamples) == 1 and page.extrasamples[0] in declared)


def without_false_colour(picture: Picture, page: tifffile.TiffPage, path: Path) -> Picture:
    """Samples of a grey image are no colours: one after the other they are planes, side by side they are channels."""
    grey = page.photometric in (PHOTOMETRIC.MINISBLACK, PHOTOMETRIC.MINISWHITE)
    if picture.axes is None or "S" not in picture.axes or not grey:
        return picture
    letter, name = ("Q", "planes") if page.planarconfig == PLANARCONFIG.SEPARATE else ("C", "channels")
    if letter in picture.axes:
        return picture
    note = f"{path.name} holds several grey samples a pixel; they are taken as {name}."
    return dataclasses.replace(picture, axes=picture.axes.replace("S", letter), notes=(*picture.notes, note))
