"""Files: TIFF, OME-TIFF, PNG and JPEG in and out, with axes, pixel size and the record.

Axes come from the file or the caller; they are never guessed from sizes.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from napari_deep_prior.files import flat, tiff
from napari_deep_prior.files.picture import Picture, PixelSize, Unreadable

__all__ = [
    "Dtype",
    "Picture",
    "PixelSize",
    "Unreadable",
    "check_output",
    "output_dtype",
    "read",
    "read_labels",
    "read_record",
    "sidecar",
    "to_dtype",
    "write",
]


Dtype = Literal["auto", "float32", "input", "uint8", "uint16"]
TIFF = (".tif", ".tiff")
SUFFIXES = (*TIFF, *flat.DTYPES)


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
        return tiff.read(path) if _suffix(path) in TIFF else flat.read(path)


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
        picture = tiff.read(path) if _suffix(path) in TIFF else flat.read(path, indices=True)
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


def sidecar(path: Path | str) -> Path:
    """Where the record of an output goes: its whole name plus ``.json``, so that no two outputs share one."""
    return Path(f"{path}.json")


def output_dtype(path: Path | str, wanted: Dtype, observed: np.dtype[Any]) -> np.dtype[Any]:
    """The type to save in: as wanted; "auto" is float32 in a TIFF and the observed image's type in PNG and JPEG."""
    if wanted in ("float32", "uint8", "uint16"):
        return np.dtype(wanted)
    return np.dtype("float32") if wanted == "auto" and _suffix(Path(path)) in TIFF else observed.newbyteorder("=")


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
        flat.check(_suffix(path), axes, like.array.shape, dtype)
    _check_place(path, overwrite)


def _check_place(path: Path, overwrite: bool) -> None:
    if not path.parent.is_dir():
        raise FileNotFoundError(f"The folder {path.parent} does not exist: create it first.")
    if not os.access(path.parent, os.W_OK):
        raise PermissionError(f"The folder {path.parent} cannot be written to.")
    for target in (path, sidecar(path)):
        if target.is_dir():
            raise IsADirectoryError(f"{target} is a folder.")
        if target.exists() and not overwrite:
            raise FileExistsError(f"{target} exists already: choose another name, or overwrite it with --overwrite.")


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
            flat.write(part, stored, axes=_axes(like))
        if record is not None:
            part_record.write_text(record, encoding="utf-8")
        part.replace(path)
        if record is not None:
            part_record.replace(sidecar(path))


@contextlib.contextmanager
def _staged(path: Path) -> Iterator[Path]:
    """A hidden name in the same folder, to be renamed when complete: nobody ever sees half a file."""
    part = path.with_name(f".{path.stem}.{os.getpid()}.part{path.suffix}")
    try:
        yield part
    finally:
        part.unlink(missing_ok=True)


def to_dtype(array: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    """In another number type; for whole numbers rounded and held within their range, never wrapped round."""
    if dtype.kind not in "ui" or array.dtype == dtype:
        return array.astype(dtype, copy=False)
    limits = np.iinfo(dtype)
    if array.dtype.kind in "ui":
        own = np.iinfo(array.dtype)
        return array.clip(max(limits.min, own.min), min(limits.max, own.max)).astype(dtype)
    # Floats end at a power of two, 64-bit numbers one below it: what is too large is set, not converted.
    rounded = np.rint(array.astype(np.float64))
    too_large = rounded >= float(limits.max)
    whole = np.where(too_large, 0, np.maximum(rounded, limits.min)).astype(dtype)
    whole[too_large] = limits.max
    return whole


def _axes(like: Picture) -> str:
    if like.axes is None or len(like.axes) != like.array.ndim:
        raise ValueError(f"axes = {like.axes!r} do not name the {like.array.ndim} axes of shape {like.array.shape}.")
    return like.axes


def _existing(path: Path | str) -> Path:
    path = Path(path)
    _suffix(path)
    if not path.exists():
        raise FileNotFoundError(f"{path} does not exist.")
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder: needs one image file.")
    return path


def _suffix(path: Path) -> str:
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise ValueError(f"{path} has the ending {suffix or '(none)'}: needs one of {', '.join(SUFFIXES)}.")
    return suffix


@contextlib.contextmanager
def _decoding(path: Path) -> Iterator[None]:
    """Whatever a decoder throws at a broken file, in one line that names the file."""
    try:
        yield
    except (Unreadable, PermissionError, MemoryError):
        raise
    except Exception as error:  # decoders of foreign files raise anything: struct.error, KeyError, SyntaxError
        kind = "TIFF" if _suffix(path) in TIFF else "PNG or JPEG"
        raise Unreadable(f"{path} cannot be read as {kind} ({str(error) or type(error).__name__}).") from error
