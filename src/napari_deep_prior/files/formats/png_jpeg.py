"""PNG and JPEG: one grey or colour image, its axes known from the kind of file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import imageio.v3 as iio
import numpy as np
from numpy.typing import NDArray

from napari_deep_prior.files.picture import Picture, Unreadable, without_alpha

DTYPES = {".png": ("uint8", "uint16"), ".jpg": ("uint8",), ".jpeg": ("uint8",)}
GREY = ("1", "L", "I;16", "I")


def read(path: Path, *, indices: bool = False) -> Picture:
    """The image; a palette image becomes colours, or with `indices` the stored numbers, as a mask needs.

    Raises
    ------
    Unreadable
        For transparency, CMYK and 16-bit colour, of which the decoder would silently lose something.
    """
    mode = iio.immeta(path, plugin="pillow", exclude_applied=False)["mode"]
    if mode == "P":
        array = np.asarray(iio.imread(path, plugin="pillow", mode="P" if indices else "RGB"))
        note = () if indices else (f"{path.name} has a palette; its colours are used.",)
        return Picture(array=array, axes="YX" if indices else "YXS", notes=note)
    if mode in ("RGB", "RGBA") and _png_bits(path) == 16:
        raise Unreadable(f"{path} is a 16-bit colour PNG, of which only 8 bits can be read: save it as TIFF.")
    if mode in ("LA", "RGBA"):
        return without_alpha(Picture(array=np.asarray(iio.imread(path, plugin="pillow")), axes="YXS"), path)
    if mode not in (*GREY, "RGB"):
        raise Unreadable(f"{path} has the colour mode {mode}: needs grey or RGB.")
    return Picture(array=np.asarray(iio.imread(path, plugin="pillow")), axes="YX" if mode in GREY else "YXS")


def _png_bits(path: Path) -> int | None:
    """Bits per sample from a PNG header, None for other files: the decoder reads 16-bit colour as 8 without a word."""
    with path.open("rb") as file:
        head = file.read(25)
    return head[24] if head[:8] == b"\x89PNG\r\n\x1a\n" else None


def check(suffix: str, axes: str, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
    """Refuse what the format cannot hold.

    Raises
    ------
    ValueError
        For stacks, channels that are not colours, and types it has no room for.
    """
    colour = sorted(axes) == ["S", "X", "Y"] and shape[axes.index("S")] == 3
    if sorted(axes) != ["X", "Y"] and not colour:
        raise ValueError(f"{suffix} holds one grey or RGB image, not axes {axes} of shape {shape}: choose .tif.")
    if dtype.name not in DTYPES[suffix]:
        raise ValueError(f"{suffix} cannot hold {dtype}: choose .tif, or --dtype {' or '.join(DTYPES[suffix])}.")
    if colour and dtype.name == "uint16":
        raise ValueError(f"{suffix} in colour can be written with 8 bits only: choose .tif.")


def write(path: Path, array: NDArray[Any], *, axes: str) -> None:
    """One grey or RGB image; JPEG at a quality at which its blocks cannot be seen."""
    order = "YXS" if "S" in axes else "YX"
    stored = np.ascontiguousarray(array.transpose([axes.index(letter) for letter in order]))
    options: dict[str, Any] = {} if path.suffix.lower() == ".png" else {"quality": 95, "subsampling": 0}
    iio.imwrite(path, stored, plugin="pillow", **options)
