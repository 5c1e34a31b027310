"""Planes of TIFF: read when they are asked for, written into a file whose size is known before, or with coarser copies."""

from __future__ import annotations

import dataclasses
import html
import io
import itertools
import math
import os
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from napari_deep_prior.files import pyramid
from napari_deep_prior.files.lazy_array import Index, LazyArray
from napari_deep_prior.files.plane_writer import LARGEST_RECORD, PlaneWriter, Range

_LARGE = 3192**2
"""Pixels of a plane from which on it gets coarser copies: where OMERO would make them too. Smaller ones, as of most cameras, stay in one
piece, which ImageJ opens without Bio-Formats."""

_TILE = 512
"""Pixels along y and x that a viewer reads at once."""


def has_levels(axes: str, shape: tuple[int, ...]) -> bool:
    """Whether an image of this shape is written in tiles and with coarser copies."""
    return math.prod(_plane(axes, shape)) > _LARGE


def bytes_of_levels(axes: str, shape: tuple[int, ...], itemsize: int) -> int:
    """Bytes that the tiles of an image and of its coarser copies take."""
    total = 0
    for factors in pyramid.factors(axes, shape):
        level = tuple(-(-size // by) for size, by in zip(shape, factors, strict=True))
        tiled = (-(-size // step) * step for size, step in zip(_plane(axes, level), _tile(axes, level), strict=True))
        others = (size for letter, size in zip(axes, level, strict=True) if letter not in "YX")
        total += math.prod(tiled) * math.prod(others) * itemsize
    return total


def write_levels(path: Path, array: NDArray[Any], axes: str, arguments: dict[str, Any]) -> None:
    """An OME-TIFF in tiles, the coarser copies of each plane in directories below its own, as Bio-Formats has them.

    Parameters
    ----------
    path, array
        The file, and its pixels in the order in which they are stored.
    axes
        One letter for each axis of them.
    arguments
        What tifffile is told of the image.
    """
    same = {name: arguments[name] for name in ("photometric", "planarconfig")}
    below = len(pyramid.factors(axes, array.shape)) - 1
    with tifffile.TiffWriter(path, ome=arguments["ome"], bigtiff=arguments["bigtiff"]) as tiff:
        for number, level in enumerate(pyramid.levels(array, axes)):
            own = (
                {"subfiletype": 1, "metadata": None}
                if number
                else {"subifds": below, "metadata": arguments["metadata"]}
            )
            tiff.write(level, tile=_tile(axes, level.shape), **same, **own)


def _plane(axes: str, shape: tuple[int, ...]) -> tuple[int, int]:
    return shape[axes.index("Y")], shape[axes.index("X")]


def _tile(axes: str, shape: tuple[int, ...]) -> tuple[int, int]:
    """Sizes of a tile: TIFF wants multiples of 16."""
    height, width = (min(_TILE, -(-size // 16) * 16) for size in _plane(axes, shape))
    return height, width


def lazy_series(tiff: tifffile.TiffFile, path: Path) -> LazyArray | None:
    """The first image of an open file, read page by page, or where it lies in one piece, by region; None where it is neither."""
    series = tiff.series[0]
    if series.dataoffset is not None:
        stored = series.dtype.newbyteorder(tiff.byteorder)
        return LazyArray(series.shape, series.dtype, _region_reader(path, series.dataoffset, series.shape, stored))
    page = series.keyframe.shape
    leading = series.shape[: series.ndim - len(page)]
    if series.shape[len(leading) :] != page or math.prod(leading) != len(series.pages) or None in series.pages:
        return None
    return LazyArray(series.shape, series.dtype, _page_reader(series, leading))


def _region_reader(
    path: Path, offset: int, shape: tuple[int, ...], dtype: np.dtype[Any]
) -> Callable[[Index], NDArray[np.generic]]:
    def read(index: Index) -> NDArray[np.generic]:
        # Mapped for this region alone: what stays mapped counts as memory of the process.
        return np.array(np.memmap(path, dtype, "r", offset, shape)[index])

    return read


def _page_reader(series: tifffile.TiffPageSeries, leading: tuple[int, ...]) -> Callable[[Index], NDArray[np.generic]]:
    def read(index: Index) -> NDArray[np.generic]:
        before, inside = index[: len(leading)], index[len(leading) :]
        wanted = [range(size)[at] for size, at in zip(leading, before, strict=True)]
        each = [[at] if isinstance(at, int) else at for at in wanted]
        numbers = [int(np.ravel_multi_index(place, leading)) if leading else 0 for place in itertools.product(*each)]
        pages = np.stack([series.pages[number].asarray()[inside] for number in numbers])  # type: ignore[union-attr]
        return pages.reshape(*(len(at) for at in wanted if not isinstance(at, int)), *pages.shape[1:])

    return read


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TiffPlaneWriter(PlaneWriter):
    """Writes planes into an OME-TIFF whose pixels lie in one piece, uncompressed.

    Attributes
    ----------
    path
        The file.
    permutation
        Of the axes of the image, for their order in the file.
    shape, dtype
        Of the pixels in that order.
    arguments
        What tifffile is told of the image.
    namespace
        Of the annotation that holds the record.
    """

    path: Path
    permutation: Sequence[int]
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    arguments: dict[str, Any]
    namespace: str

    def create(self) -> None:
        tifffile.imwrite(self.path, shape=self.shape, dtype=self.dtype, **self.arguments)

    def write(self, index: Index, plane: NDArray[Any]) -> None:
        with tifffile.TiffFile(self.path) as tiff:
            first = tiff.pages[0]
            offset, stored = first.dataoffsets[0], self.dtype.newbyteorder(tiff.byteorder)
        inside = [axis for axis in range(len(index)) if isinstance(index[axis], slice)]
        drawn = [axis for axis in self.permutation if axis in inside]
        pixels = np.ascontiguousarray(plane.transpose([inside.index(axis) for axis in drawn]), stored)
        # Not into mapped memory: on a full disk that ends the process, and no error is raised.
        with self.path.open("r+b", buffering=0) as file:
            for place, piece in self._pieces(index, pixels):
                file.seek(offset + place * stored.itemsize)
                _write_all(file, piece.tobytes())
            os.fsync(file.fileno())

    def _pieces(self, index: Index, pixels: NDArray[Any]) -> Iterator[tuple[int, NDArray[Any]]]:
        """The pixels of a plane in pieces that lie together in the file, and how many pixels of the image lie before each."""
        place = [index[axis] for axis in self.permutation]
        last = next((n for n in range(len(place), 0, -1) if not isinstance(place[n - 1], slice)), 0)
        each = [
            [at] if isinstance(at, int) else range(size)[at] for at, size in zip(place[:last], self.shape, strict=False)
        ]
        pieces = pixels.reshape(-1, *self.shape[last:])
        for at, piece in zip(itertools.product(*each), pieces, strict=True):
            yield int(np.ravel_multi_index(at, self.shape[:last])) * math.prod(self.shape[last:]) if last else 0, piece

    def finish(self, record: str | None, ranges: Sequence[Range]) -> None:
        if record is None or len(record) > LARGEST_RECORD:
            return
        with tifffile.TiffFile(self.path, mode="r+") as tiff:
            tag = tiff.pages[0].tags["ImageDescription"]  # type: ignore[union-attr]
            if self.namespace not in tag.value:
                tag.overwrite(_annotated(tag.value, self.namespace, record))


def _write_all(file: io.RawIOBase, content: bytes) -> None:
    """All of it: where a disk is nearly full, less may be written at a time, and an error is raised with the next."""
    left = memoryview(content)
    while left:
        left = left[file.write(left) or 0 :]


def _annotated(xml: str, namespace: str, record: str) -> str:
    """OME-XML with the record as a comment annotation of its image. TIFF allows seven bits a letter: others become references."""
    value = html.escape(record, quote=False).encode("ascii", "xmlcharrefreplace").decode()
    note = f'<CommentAnnotation ID="Annotation:1" Namespace="{namespace}"><Value>{value}</Value></CommentAnnotation>'
    xml = xml.replace("</Pixels></Image>", '</Pixels><AnnotationRef ID="Annotation:1"/></Image>', 1)
    whole = f"<StructuredAnnotations>{note}</StructuredAnnotations></OME>"
    return re.sub(r"</OME>\s*$", lambda _: whole, xml).encode("ascii", "xmlcharrefreplace").decode()
