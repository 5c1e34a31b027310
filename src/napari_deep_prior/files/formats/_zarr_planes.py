"""Planes of OME-Zarr: read when they are asked for, and written one by one with their coarser copies."""

from __future__ import annotations

import dataclasses
import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from napari_deep_prior.files import atomic, pyramid
from napari_deep_prior.files.formats import _zarr_metadata
from napari_deep_prior.files.formats._zarr_version import Version
from napari_deep_prior.files.lazy_array import Index
from napari_deep_prior.files.picture import Picture
from napari_deep_prior.files.plane_writer import LARGEST_RECORD, PlaneWriter, Range

if TYPE_CHECKING:
    import zarr

_OWN, _RECORD = "napari-deep-prior", "record"
"""The attribute beside those of the standard that is ours, and what is in it."""


def own_attributes(record: str | None) -> dict[str, Any]:
    """The record as an attribute; NaN, which is no JSON and over which other readers would stumble, as text."""
    kept = record is not None and len(record) <= LARGEST_RECORD
    return {_OWN: {_RECORD: json.loads(record, parse_constant=str)}} if kept and record is not None else {}


def record_in(attributes: Mapping[str, Any]) -> str | None:
    """The record in the attributes of a group, as JSON text."""
    own = attributes.get(_OWN)
    record = own.get(_RECORD) if isinstance(own, Mapping) else None
    return None if record is None else json.dumps(record, indent=1, ensure_ascii=False)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ZarrLayout:
    """How an image lies in a group: its levels, their chunks and files.

    Attributes
    ----------
    path
        The folder.
    like
        Axes, sizes, names and colours of the image.
    shape, dtype
        Of its finest level, in the order of `like`.
    version
        Of OME-Zarr.
    by_planes
        Whether each plane lies in files of its own, so that processes can write planes at the same time.
    """

    path: Path
    like: Picture
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    version: Version
    by_planes: bool = False

    @property
    def order(self) -> str:
        """The axes as OME-Zarr wants them."""
        return _zarr_metadata.order_of(self.like.letters)

    @property
    def permutation(self) -> list[int]:
        """Of the axes of the image, for that order."""
        return [self.like.letters.index(letter) for letter in self.order]

    @property
    def factors(self) -> list[tuple[int, ...]]:
        """How much coarser each level is along each axis."""
        return pyramid.factors(self.order, tuple(self.shape[axis] for axis in self.permutation))

    def create(self, record: str | None, ranges: Sequence[Range]) -> None:
        """Make group and arrays, without pixels."""
        import zarr
        from zarr.storage import LocalStore

        attributes, names = self._attributes(record, ranges), _zarr_metadata.axis_names(self.order)
        group = zarr.create_group(LocalStore(self.path), zarr_format=self.version.zarr_format, attributes=attributes)
        shape = [self.shape[axis] for axis in self.permutation]
        for number, factors in enumerate(self.factors):
            level = tuple(-(-size // by) for size, by in zip(shape, factors, strict=True))
            depth = 1 if self.by_planes else None
            group.create_array(
                str(number),
                shape=level,
                dtype=self.dtype.newbyteorder("="),
                config={"write_empty_chunks": True},  # a chunk that is missing is one that was lost
                **self.version.array_options(self.order, names, level, self.dtype.itemsize, depth),
            )

    def describe(self, record: str | None, ranges: Sequence[Range]) -> None:
        """Say anew what the image is."""
        import zarr
        from zarr.storage import LocalStore

        group = zarr.open_group(LocalStore(self.path), mode="r+")
        self.version.check(group.metadata.zarr_format, self.path)
        group.update_attributes(self._attributes(record, ranges))

    def _attributes(self, record: str | None, ranges: Sequence[Range]) -> dict[str, Any]:
        described = dataclasses.replace(self.like, axes=self.order)
        shape = tuple(self.shape[axis] for axis in self.permutation)
        of_image = _zarr_metadata.metadata(described, shape, self.dtype, self.factors, ranges, self.version)
        return {**of_image, **own_attributes(record)}

    def arrays(self) -> list[zarr.Array[Any]]:
        """The levels, the finest first."""
        import zarr
        from zarr.storage import LocalStore

        found = [
            zarr.open_array(LocalStore(self.path / str(number)), mode="r+").with_config({"write_empty_chunks": True})
            for number in range(len(self.factors))
        ]
        for array in found:
            self.version.check(array.metadata.zarr_format, self.path)
        return found


class ZarrPlaneWriter(PlaneWriter):
    """Writes planes with their coarser copies, which are made of this plane alone."""

    def __init__(self, layout: ZarrLayout) -> None:
        self._layout = layout
        self._arrays: list[zarr.Array[Any]] = []

    def create(self) -> None:
        self._layout.create(None, ())

    def write(self, index: Index, plane: NDArray[Any]) -> None:
        self._arrays = self._arrays or self._layout.arrays()
        place = tuple(index[axis] for axis in self._layout.permutation)
        for number, (array, level) in enumerate(zip(self._arrays, self._levels(index, plane), strict=True)):
            array[place] = level
            for file in self._files(array, number, place):
                atomic.flush(file)

    def _levels(self, index: Index, plane: NDArray[Any]) -> Iterator[NDArray[Any]]:
        """The plane in the order of the store, and its coarser copies."""
        drawn = [axis for axis, at in enumerate(index) if isinstance(at, slice)]
        order = [axis for axis in self._layout.permutation if axis in drawn]
        level = plane.transpose([drawn.index(axis) for axis in order])
        yield level
        for before, after in itertools.pairwise(self._layout.factors):
            steps = [after[place] // before[place] for place in map(self._layout.permutation.index, order)]
            level = pyramid.halved(level, tuple(steps))
            yield level

    def _files(self, array: zarr.Array[Any], number: int, place: Index) -> list[Path]:
        """The files in which a plane lies."""
        steps = array.shards or array.chunks
        cells = [
            [at // step] if isinstance(at, int) else range(-(-size // step))
            for at, size, step in zip(place, array.shape, steps, strict=True)
        ]
        folder = self._layout.path / str(number)
        return [self._layout.version.chunk_file(folder, cell) for cell in itertools.product(*cells)]

    def finish(self, record: str | None, ranges: Sequence[Range]) -> None:
        self._layout.describe(record, ranges)
