"""Images of any format, read and written: which format it is, the ending of the name says."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_deep_prior.files import atomic
from napari_deep_prior.files.formats._base import Format, unreadable
from napari_deep_prior.files.formats._zarr_version import NEWEST, OmeZarr
from napari_deep_prior.files.formats.registry import format_of
from napari_deep_prior.files.number_types import to_dtype
from napari_deep_prior.files.picture import Picture, Unreadable
from napari_deep_prior.files.plane_writer import PlaneWriter


def read(path: Path | str) -> Picture:
    """The image of a file.

    Raises
    ------
    OSError
        If it is not there or may not be read.
    ValueError
        If it is no image of a known kind, or one that cannot be read without loss.
    """
    with _decoding(Path(path)) as kind:
        return _with_pixels(kind.read(Path(path)), Path(path))


def open_lazily(path: Path | str) -> Picture:
    """The image of a file, whose pixels are read when they are asked for where that is possible, and at once where not.

    Raises
    ------
    OSError, ValueError
        As `read`.
    """
    with _decoding(Path(path)) as kind:
        return _with_pixels(kind.open(Path(path)), Path(path))


def plane_writer(
    part: Path,
    path: Path,
    *,
    like: Picture,
    shape: tuple[int, ...],
    dtype: np.dtype[Any],
    ome_zarr: OmeZarr = NEWEST,
) -> PlaneWriter | None:
    """What writes an image for `path` plane by plane under the name `part`; None where its format is written whole only."""
    return format_of(path).in_version(ome_zarr).plane_writer(part, like=like.for_shape(shape), shape=shape, dtype=dtype)


def writes_planes(path: Path) -> bool:
    """Whether an image of this name can be written plane by plane."""
    return format_of(path).by_planes


def has_versions(path: Path) -> bool:
    """Whether an image of this name can be written in several versions of its format."""
    return bool(format_of(path).versions)


def publish(part: Path, path: Path, *, record: str | None, overwrite: bool) -> None:
    """Give an image that was written plane by plane its name, and lay its record beside it, first, if it has one.

    Raises
    ------
    OSError
        If something is there that may not be replaced.
    """
    kind = format_of(path)
    beside = kind.record_path(path)
    if beside is not None and record is not None:
        with atomic.staged(beside) as stage:
            stage.write_text(record, encoding="utf-8")
            atomic.publish(stage, beside, overwrite=overwrite)
    kind.publish(part, path, overwrite=overwrite)
    if part.is_file():  # it has two names now
        part.unlink()


def read_labels(path: Path | str) -> Picture:
    """A mask or label image: whole numbers or true and false, one value per pixel.

    Raises
    ------
    OSError, ValueError
        As `read`, and for fractions, several colours, and formats that blur the borders of a mask.
    """
    with _decoding(Path(path)) as kind:
        picture = _with_pixels(kind.read_labels(Path(path)), Path(path))
    array, axes = picture.array, picture.axes
    if axes is not None and "S" in axes:
        # Painting programs save black and white as RGB with three equal samples.
        samples = np.moveaxis(array, axes.index("S"), 0)
        if (samples != samples[0]).any():
            raise ValueError(f"{path} is a colour image: a mask needs one value per pixel.")
        array, axes = samples[0], axes.replace("S", "")
    if array.dtype.kind not in "uib":
        raise ValueError(f"{path} has dtype {array.dtype}: a mask needs whole numbers, or true and false.")
    array = np.ascontiguousarray(array)
    return Picture(array=array, axes=axes, pixel_size=picture.pixel_size, origin=picture.origin, notes=picture.notes)


def read_record(path: Path | str) -> str | None:
    """The record that an image written here carries inside, as JSON text, or None."""
    with _decoding(Path(path)) as kind:
        return kind.read_record(Path(path))


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
    kind = format_of(path)
    kind.check(like.letters, like.array.shape, dtype)
    kind.check_place(path, overwrite=overwrite)


def holds(path: Path | str, axes: str, shape: tuple[int, ...], dtype: np.dtype[Any]) -> bool:
    """Whether the format of a name can hold such an image, and what is needed to write it is installed."""
    try:
        format_of(Path(path)).check(axes, shape, dtype)
    except ValueError:
        return False
    return True


def record_path(path: Path | str) -> Path | None:
    """Where the record of an output goes; None where it goes inside only."""
    return format_of(Path(path)).record_path(Path(path))


def write(
    path: Path | str,
    array: NDArray[Any],
    *,
    like: Picture,
    dtype: np.dtype[Any] | None = None,
    record: str | None = None,
    overwrite: bool = False,
    ome_zarr: OmeZarr = NEWEST,
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
        JSON text for the file beside the image and, where the format has a place for it, for the image itself.
    overwrite
        Replace what is there.
    ome_zarr
        Version of OME-Zarr, where the ending says that it is one.

    Raises
    ------
    OSError, ValueError
        As `check_output`; then nothing is left behind.
    """
    path = Path(path)
    stored = to_dtype(array, array.dtype if dtype is None else dtype)
    check_output(path, like=like, dtype=stored.dtype, overwrite=overwrite)
    kind = format_of(path).in_version(ome_zarr)
    beside = None if record is None else kind.record_path(path)
    with contextlib.ExitStack() as stages:
        part = stages.enter_context(kind.staged(path))
        kind.write(part, stored, like=like, record=record)
        part_record = None if beside is None else stages.enter_context(atomic.staged(beside))
        if part_record is not None:
            part_record.write_text(str(record), encoding="utf-8")
        # The record first: an image without one would pass for somebody else's.
        if part_record is not None and beside is not None:
            atomic.publish(part_record, beside, overwrite=overwrite)
        try:
            kind.publish(part, path, overwrite=overwrite)
        except OSError:
            if beside is not None and not overwrite:
                beside.unlink(missing_ok=True)
            raise


def _with_pixels(picture: Picture, path: Path) -> Picture:
    """The picture, unless there is nothing in it."""
    if picture.array.size == 0:
        raise Unreadable(f"{path} has the shape {picture.array.shape}: there are no pixels in it.")
    return picture


@contextlib.contextmanager
def _decoding(path: Path) -> Iterator[Format]:
    """The format of a file that is there. Whatever its decoder throws at a broken file becomes one line that names the file."""
    kind = format_of(path)
    kind.check_exists(path)
    try:
        yield kind
    except (Unreadable, PermissionError):
        raise
    except MemoryError:
        raise Unreadable(f"{path} does not fit into the memory of this machine.") from None
    except Exception as error:  # decoders of foreign files raise anything: struct.error, KeyError, SyntaxError
        raise unreadable(path, kind, error) from error
