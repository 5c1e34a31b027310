"""OME-Zarr: an image as a folder of chunks, with coarser copies for viewers."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_deep_prior.files import atomic_folder, pyramid
from napari_deep_prior.files.formats import _zarr_metadata
from napari_deep_prior.files.formats._base import Format
from napari_deep_prior.files.formats._zarr_planes import ZarrLayout, ZarrPlaneWriter, record_in
from napari_deep_prior.files.formats._zarr_store import (
    Stored,
    attributes_of,
    check_installed,
    inside,
    is_array,
    is_node,
    open_array,
    read_array,
)
from napari_deep_prior.files.formats._zarr_version import NEWEST, VERSIONS, Version
from napari_deep_prior.files.picture import Picture, Unreadable
from napari_deep_prior.files.plane_writer import PlaneWriter


class Zarr(Format):
    """OME-Zarr 0.4 and 0.5, its finest level; written with a pyramid, the record in an attribute beside those of the standard.

    A path may lead into a store: to one of several images, to an array, or to labels.

    Parameters
    ----------
    version
        Which is written.
    """

    names = ("OME-Zarr",)
    suffixes = (".zarr",)
    order = 40
    folder = True
    by_planes = True
    versions = tuple(VERSIONS)

    def __init__(self, version: Version = VERSIONS[NEWEST]) -> None:
        self._version = version

    def in_version(self, version: str) -> Zarr:
        if version not in VERSIONS:
            raise ValueError(f"OME-Zarr {version} is not written: needs one of {', '.join(VERSIONS)}.")
        return Zarr(VERSIONS[version])

    def read(self, path: Path) -> Picture:
        """The finest level of the first image; of an array without OME metadata, axes are known where Zarr names them.

        Raises
        ------
        Unreadable
            For plates, groups without an image, damaged metadata, and stores that lead out of their folder.
        """
        return self._picture(path, read_array)

    def open(self, path: Path) -> Picture:
        return self._picture(path, open_array)

    def _picture(self, path: Path, pixels: Callable[[Path], Stored]) -> Picture:
        check_installed()
        if is_array(path):
            stored = pixels(path)
            axes = _axes_of(stored.dimensions)
            return Picture(array=stored.array, axes=axes, notes=stored.notes)
        image = _zarr_metadata.image_of(attributes_of(path), path)
        if image is None:
            return self._picture_of_part(path, pixels)
        stored = pixels(inside(path, image.level))
        picture = image.picture(stored.array, path)
        return dataclasses.replace(picture, notes=(*picture.notes, *stored.notes))

    def read_labels(self, path: Path) -> Picture:
        """The labels at this path, or the only ones of the image there; without any, the image itself.

        Raises
        ------
        Unreadable
            As `read`, and where there are several.
        """
        group = path / "labels" if is_node(path / "labels") else path
        names = [] if is_array(path) else _label_names(attributes_of(group))
        if len(names) > 1:
            raise Unreadable(
                f"{path} holds several labels ({', '.join(names[:9])}): give the path of one, such as {group / names[0]}."
            )
        return self.read(inside(group, names[0]) if names else path)

    def read_record(self, path: Path) -> str | None:
        return record_in(attributes_of(path))

    def check(self, axes: str, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        """Refuse types and axes that OME-Zarr has no place for.

        Raises
        ------
        ValueError
            In words: what it can hold; or which packages are missing.
        """
        check_installed()
        if dtype.kind not in "uif" or dtype.itemsize > 8:
            raise ValueError(f"OME-Zarr cannot hold {dtype}: choose float32.")
        others = set(axes) - set("TZYX")
        if not {"Y", "X"} <= set(axes) or len(others) > 1:
            raise ValueError(
                f"OME-Zarr cannot hold the axes {axes}: needs Y and X, and at most T, Z and one other, as C."
            )

    def write(self, path: Path, array: NDArray[Any], *, like: Picture, record: str | None) -> None:
        """A group of arrays, the finest first, with axes, sizes, origin, names and colours of channels, and the record."""
        layout = ZarrLayout(path=path, like=like, shape=array.shape, dtype=array.dtype, version=self._version)
        layout.create(record, _zarr_metadata.ranges_of(array, like.letters))
        levels = pyramid.levels(array.transpose(layout.permutation), layout.order)
        for target, level in zip(layout.arrays(), levels, strict=True):
            target[...] = level

    def plane_writer(self, path: Path, *, like: Picture, shape: tuple[int, ...], dtype: np.dtype[Any]) -> PlaneWriter:
        layout = ZarrLayout(path=path, like=like, shape=shape, dtype=dtype, version=self._version, by_planes=True)
        return ZarrPlaneWriter(layout)

    def check_exists(self, path: Path) -> None:
        if path.is_file():
            raise Unreadable(f"{path} is a file: an OME-Zarr image is a folder.")
        if not path.is_dir():
            raise FileNotFoundError(f"{path} does not exist.")
        if not is_node(path):
            raise Unreadable(f"{path} cannot be read as OME-Zarr (it holds no metadata of Zarr).")

    def check_place(self, path: Path, *, overwrite: bool) -> None:
        if path.suffix.lower() not in self.suffixes or any(is_node(folder) for folder in path.absolute().parents):
            raise ValueError(f"{path} lies inside of a store: choose a name that ends in .zarr, beside it.")
        atomic_folder.check_place(path, self.record_path(path), overwrite=overwrite, replaceable=_is_replaceable)

    @contextlib.contextmanager
    def staged(self, path: Path) -> Iterator[Path]:
        with atomic_folder.staged(path) as part:
            yield part

    def publish(self, part: Path, path: Path, *, overwrite: bool) -> None:
        atomic_folder.publish(part, path, overwrite=overwrite, replaceable=_is_replaceable)

    def _picture_of_part(self, path: Path, pixels: Callable[[Path], Stored]) -> Picture:
        """The first of several images in a group that describes none itself, as Bio-Formats writes them."""
        attributes = attributes_of(path)
        ome = attributes.get("ome")
        said = {**attributes, **(ome if isinstance(ome, Mapping) else {})}
        if "plate" in said or "well" in said:
            raise Unreadable(f"{path} is a plate or a well: give the path of one image in it, such as {path}/A/1/0.")
        if "bioformats2raw.layout" not in said:
            raise Unreadable(
                f"{path} has no OME metadata of an image: give the path of an image or array in it"
                f"{_such_as(path)}, and the meaning of its axes with --axes."
            )
        picture = self._picture(inside(path, "0"), pixels)
        note = f"{path.name} holds several images; the first is used."
        return dataclasses.replace(picture, notes=(note, *picture.notes)) if is_node(path / "1") else picture


def _axes_of(dimensions: tuple[str | None, ...] | None) -> str | None:
    """The letters of axes that are named after them, by Zarr; no other name is guessed at."""
    letters = "".join(str(name).upper() if name else "?" for name in dimensions or "?")
    known = len(letters) == len(dimensions or ()) == len(set(letters)) and set(letters) <= set("TCZYX")
    return letters if known and {"Y", "X"} <= set(letters) else None


def _label_names(attributes: Mapping[str, Any]) -> list[str]:
    ome = attributes.get("ome")
    found = (ome if isinstance(ome, Mapping) else attributes).get("labels")
    return [name if isinstance(name, str) else "" for name in found] if isinstance(found, list) else []


def _such_as(path: Path) -> str:
    found = sorted(child for child in path.iterdir() if child.is_dir() and is_node(child))
    return f", such as {found[0]}" if found else ""


def _is_replaceable(path: Path) -> str | None:
    """What speaks against replacing a folder, in words; None where nothing does."""
    if not is_node(path):
        return "is a folder, and no OME-Zarr image"
    if is_node(path / "labels"):
        return "holds labels too, which would be lost"
    return None
