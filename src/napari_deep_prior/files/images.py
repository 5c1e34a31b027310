"""Read, read_labels, write, check_output."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_deep_prior.files.atomic import _check_place, _staged, sidecar
from napari_deep_prior.files.formats import png_jpeg, tiff
from napari_deep_prior.files.formats.registry import TIFF, _decoding, _existing, _suffix
from napari_deep_prior.files.number_types import to_dtype
from napari_deep_prior.files.picture import Picture


def read(path: Path | str) -> Picture:
    """The image of a file.

    Raises
    ------
    OSError
        If it is not there or may not be read.
    ValueError
        If it is no image of a known kind, or one that cannot be read without loss.
    """
    path = _existing(path)
    with _decoding(path):
        return tiff.read(path) if _suffix(path) in TIFF else png_jpeg.read(path)


def read_labels(path: Path | str) -> Picture:
    """A mask or label image: whole numbers or true and false, one value per pixel.

    Raises
    ------
    OSError, ValueError
        As `read`, and for fractions, several colours, and JPEG, which blurs the borders of a mask.
    """
    path = _existing(path)
    if _suffix(path) not in (*TIFF, ".png"):
        raise ValueError(f"{path}: JPEG changes pixels near edges, so it cannot hold a mask: use PNG or TIFF.")
    with _decoding(path):
        picture = tiff.read(path) if _suffix(path) in TIFF else png_jpeg.read(path, indices=True)
    array, axes = picture.array, picture.axes
    if axes is not None and "S" in axes:
        # Painting programs save black and white as RGB with three equal samples.
        samples = np.moveaxis(array, axes.index("S"), 0)
        if (samples != samples[0]).any():
            raise ValueError(f"{path} is a colour image: a mask needs one value per pixel.")
        array, axes = samples[0], axes.replace("S", "")
    if array.dtype.kind not in "uib":
        raise ValueError(f"{path} has dtype {array.dtype}: a mask needs whole numbers, or true and false.")
    return Picture(array=np.ascontiguousarray(array), axes=axes, pixel_size=picture.pixel_size, notes=picture.notes)


def read_record(path: Path | str) -> str | None:
    """The record that a TIFF written here carries inside, as JSON text, or None."""
    path = _existing(path)
    with _decoding(path):
        return tiff.read_record(path) if _suffix(path) in TIFF else None


def check_output(path: Path | str, *, like: Picture, dtype: np.dtype[Any], overwrite: bool = False) -> None:
    """Refuse an output that could not be written, before any work is done.

    Raises
    ------
    OSError
        If it exists and may not be overwritten, or its folder is missing or closed to writing.
    ValueError
        If the format cannot hold the image.
    """
    path = Path(path)
    axes = _axes(like)
    if _suffix(path) in TIFF:
        tiff.check(axes, dtype)
    else:
        png_jpeg.check(_suffix(path), axes, like.array.shape, dtype)
    _check_place(path, overwrite)


def write(
    path: Path | str,
    array: NDArray[Any],
    *,
    like: Picture,
    dtype: np.dtype[Any] | None = None,
    record: str | None = None,
    overwrite: bool = False,
) -> None:
    """Save an image with the axes and pixel size of `like`, and its record beside it: all or nothing.

    Parameters
    ----------
    path
        Where to; the ending says which format.
    array
        On the grid of `like`.
    like
        The picture it was made from.
    dtype
        Type to save in; whole numbers are rounded and held within their range. None keeps the array's.
    record
        JSON text for the sidecar and, in a TIFF, for the annotations.
    overwrite
        Replace what is there.

    Raises
    ------
    OSError, ValueError
        As `check_output`; then nothing is left behind.
    """
    path = Path(path)
    stored = to_dtype(array, array.dtype if dtype is None else dtype)
    check_output(path, like=like, dtype=stored.dtype, overwrite=overwrite)
    with _staged(path) as part, _staged(sidecar(path)) as part_record:
        if _suffix(path) in TIFF:
            tiff.write(part, stored, like=like, axes=_axes(like), record=record)
        else:
            png_jpeg.write(part, stored, axes=_axes(like))
        if record is not None:
            part_record.write_text(record, encoding="utf-8")
        part.replace(path)
        if record is not None:
            part_record.replace(sidecar(path))


def _axes(like: Picture) -> str:
    if like.axes is None or len(like.axes) != like.array.ndim:
        raise ValueError(f"axes = {like.axes!r} do not name the {like.array.ndim} axes of shape {like.array.shape}.")
    return like.axes
