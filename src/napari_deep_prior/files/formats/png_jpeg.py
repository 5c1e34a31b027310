"""PNG and JPEG: one grey or colour image, its axes known from the kind of file."""

from __future__ import annotations

import contextlib
import dataclasses
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from napari_deep_prior.files.formats._base import Format
from napari_deep_prior.files.orientation import TAG, turn_upright
from napari_deep_prior.files.picture import Picture, Unreadable, check_claim, without_alpha

_GREY = ("1", "L", "I;16", "I")
"""Pillow's names of grey images: of 1, 8, 16 and 32 bits."""


class _Flat(Format):
    """What PNG and JPEG share: one grey image (y, x) or RGB image (y, x, 3), decoded by Pillow."""

    dtypes: ClassVar[tuple[str, ...]]
    """The number types it can hold."""

    options: ClassVar[dict[str, Any]] = {}
    """Pillow's options for writing."""

    def read(self, path: Path) -> Picture:
        """The image, upright; a palette image becomes colours.

        Raises
        ------
        Unreadable
            For transparency, CMYK and 16-bit colour, of which the decoder would silently lose something.
        """
        with _opened(path) as image:
            picture = _converted(image, path)
            upright = turn_upright(picture, image.getexif().get(TAG), path)
            frames = getattr(image, "n_frames", 1) if image.format == "PNG" else 1
        if frames == 1:
            return upright
        note = f"{path.name} holds {frames} frames; the first is used."
        return dataclasses.replace(upright, notes=(*upright.notes, note))

    def check(self, axes: str, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        """Refuse stacks, channels that are not colours, and types it has no room for.

        Raises
        ------
        ValueError
            In words: what it can hold.
        """
        suffix = self.suffixes[0]
        colour = sorted(axes) == ["S", "X", "Y"] and shape[axes.index("S")] == 3
        if sorted(axes) != ["X", "Y"] and not colour:
            raise ValueError(f"{suffix} holds one grey or RGB image, not axes {axes} of shape {shape}: choose .tif.")
        if dtype.name not in self.dtypes:
            raise ValueError(f"{suffix} cannot hold {dtype}: choose .tif, or --dtype {' or '.join(self.dtypes)}.")
        if colour and dtype.name == "uint16":
            raise ValueError(f"{suffix} in colour can be written with 8 bits only: choose .tif.")

    def write(self, path: Path, array: NDArray[Any], *, like: Picture, record: str | None) -> None:
        axes = like.letters
        order = "YXS" if "S" in axes else "YX"
        stored = np.ascontiguousarray(array.transpose([axes.index(letter) for letter in order]))
        Image.fromarray(stored).save(path, self.names[0], **self.options)

    def automatic_dtype(self, observed: np.dtype[Any]) -> np.dtype[Any]:
        return observed.newbyteorder("=")


class Png(_Flat):
    """PNG: 8 or 16 bits grey, 8 bits colour."""

    names = ("PNG",)
    suffixes = (".png",)
    order = 20
    dtypes = ("uint8", "uint16")

    def read_labels(self, path: Path) -> Picture:
        """The stored numbers of a palette image, not its colours."""
        with _opened(path) as image:
            if image.mode == "P":
                return turn_upright(Picture(array=np.asarray(image), axes="YX"), image.getexif().get(TAG), path)
        return self.read(path)


class Jpeg(_Flat):
    """JPEG: 8 bits, at a quality at which its blocks cannot be seen."""

    names = ("JPEG",)
    suffixes = (".jpg", ".jpeg")
    order = 30
    dtypes = ("uint8",)
    options = {"quality": 95, "subsampling": 0}  # noqa: RUF012  declared by the base

    def read_labels(self, path: Path) -> Picture:
        """Never: it blurs the borders of a mask."""
        raise Unreadable(f"{path}: JPEG changes pixels near edges, so it cannot hold a mask: use PNG or TIFF.")


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    """The file in Pillow, which would hand other kinds to other programs: PostScript to Ghostscript."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image = Image.open(path, formats=("PNG", "JPEG"))
    except Image.DecompressionBombError:
        raise Unreadable(f"{path} has more pixels than can be read as PNG or JPEG: save it as TIFF.") from None
    except UnidentifiedImageError:
        raise Unreadable(f"{path} cannot be read as PNG or JPEG (it is neither).") from None
    with image:
        check_claim(image.width * image.height * len(image.getbands()), path.stat().st_size, path)
        yield image


def _converted(image: Image.Image, path: Path) -> Picture:
    mode = image.mode
    if mode == "P":
        note = f"{path.name} has a palette; its colours are used."
        return Picture(array=np.asarray(image.convert("RGB")), axes="YXS", notes=(note,))
    if mode in ("RGB", "RGBA") and _png_bits(path) == 16:
        raise Unreadable(f"{path} is a 16-bit colour PNG, of which only 8 bits can be read: save it as TIFF.")
    if mode in ("LA", "RGBA"):
        return without_alpha(Picture(array=np.asarray(image), axes="YXS"), path)
    if mode not in (*_GREY, "RGB"):
        raise Unreadable(f"{path} has the colour mode {mode}: needs grey or RGB.")
    array = np.asarray(image)
    if mode == "I":  # older Pillow's numbers for 16 bits
        array = array.astype(np.uint16)
    return Picture(array=array, axes="YX" if mode in _GREY else "YXS")


def _png_bits(path: Path) -> int | None:
    """Bits per sample from a PNG header, None for other files: the decoder reads 16-bit colour as 8 without a word."""
    with path.open("rb") as file:
        head = file.read(25)
    return head[24] if head[:8] == b"\x89PNG\r\n\x1a\n" else None
