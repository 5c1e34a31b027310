"""Format: what one kind of image file can hold, and how it is read and written.

A new format is one new file beside this one; `registry` finds it.
"""

from __future__ import annotations

import abc
import contextlib
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from napari_deep_prior.files import atomic
from napari_deep_prior.files.picture import Picture, Unreadable
from napari_deep_prior.files.plane_writer import PlaneWriter


class Format(abc.ABC):
    """One kind of image file, or of folder that holds an image.

    Where an image is a folder, as in OME-Zarr, `folder` is true and `check_exists`, `check_place`, `staged` and `publish`
    are overridden too; nothing outside asks what lies on the disk.

    Class attributes
    ----------------
    names
        What users call it and its dialects; the first one is used in messages.
    suffixes
        The endings by which it is known, in lower case with their dot.
    order
        Position among the formats.
    folder
        Whether an image is a folder, into which a path may lead.
    by_planes
        Whether it can be written plane by plane, by `plane_writer`.
    versions
        Versions of it that can be written, the newest first, which is written unless `in_version` says otherwise; none: it has one.
    """

    names: ClassVar[tuple[str, ...]]
    suffixes: ClassVar[tuple[str, ...]]
    order: ClassVar[int] = 100
    folder: ClassVar[bool] = False
    by_planes: ClassVar[bool] = False
    versions: ClassVar[tuple[str, ...]] = ()

    def in_version(self, version: str) -> Format:
        """The format as it writes one of its versions; itself where it has one only.

        Raises
        ------
        ValueError
            If it does not write that version.
        """
        return self

    @abc.abstractmethod
    def read(self, path: Path) -> Picture:
        """The image of a file.

        Raises
        ------
        Unreadable
            If it cannot be read without loss. Errors of the decoder may leave as they are: `images.read` words them.
        """

    def open(self, path: Path) -> Picture:
        """The same, with pixels that are read when they are asked for, where the format allows it; see `files.lazy_array`.

        Raises
        ------
        Unreadable
            As `read`.
        """
        return self.read(path)

    def plane_writer(
        self, path: Path, *, like: Picture, shape: tuple[int, ...], dtype: np.dtype[Any]
    ) -> PlaneWriter | None:
        """What writes an image of this shape with the axes and pixel size of `like` plane by plane; None: it is written whole only."""
        return None

    def read_labels(self, path: Path) -> Picture:
        """A mask or label image: the stored numbers, where they differ from what `read` makes of them.

        Raises
        ------
        Unreadable
            As `read`, and where the format cannot hold a mask.
        """
        return self.read(path)

    def read_record(self, path: Path) -> str | None:
        """The record that a file written here carries inside, as JSON text; None where there is none."""
        return None

    @abc.abstractmethod
    def check(self, axes: str, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        """Refuse an image that the format cannot hold.

        Raises
        ------
        ValueError
            For number types, axes or shapes that it has no place for.
        """

    @abc.abstractmethod
    def write(self, path: Path, array: NDArray[Any], *, like: Picture, record: str | None) -> None:
        """Save an image with the axes and pixel size of `like`; a record goes inside where the format has a place for it."""

    def automatic_dtype(self, observed: np.dtype[Any]) -> np.dtype[Any]:
        """The number type of a result where the user asks for none; `observed` is that of the input."""
        return np.dtype("float32")

    def check_exists(self, path: Path) -> None:
        """Refuse to read what is not there.

        Raises
        ------
        OSError
            If `path` is missing, a folder, or no file at all, such as a pipe, which would be waited for.
        """
        if not path.exists():
            raise FileNotFoundError(f"{path} does not exist.")
        if path.is_dir():
            raise IsADirectoryError(f"{path} is a folder: needs one image file.")
        if not path.is_file():
            raise OSError(f"{path} is no ordinary file: needs one image file.")

    def check_place(self, path: Path, *, overwrite: bool) -> None:
        """Refuse to write where that cannot be done.

        Raises
        ------
        OSError
            If the folder is missing or closed to writing, or something is there that may not be replaced.
        """
        atomic.check_place(path, self.record_path(path), overwrite=overwrite)

    def record_path(self, path: Path) -> Path | None:
        """Where the record goes beside the image; None where it goes inside only."""
        return atomic.sidecar(path)

    def staged(self, path: Path) -> contextlib.AbstractContextManager[Path]:
        """A hidden name in the same folder to write to; what is left there at the end is removed."""
        return atomic.staged(path)

    def publish(self, part: Path, path: Path, *, overwrite: bool) -> None:
        """Give the complete image its name.

        Raises
        ------
        FileExistsError
            If something is there by now that may not be replaced.
        """
        atomic.publish(part, path, overwrite=overwrite)


def unreadable(path: Path, kind: Format, error: Exception) -> Unreadable:
    """A decoder's error in one line that names the file."""
    return Unreadable(f"{path} cannot be read as {kind.names[0]} ({str(error) or type(error).__name__}).")
