"""Planes of TIFF: read when they are asked for, and written into a file whose size is known before."""

from __future__ import annotations

import dataclasses
import html
import itertools
import math
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from napari_deep_prior.files.lazy_array import Index, LazyArray
from napari_deep_prior.files.plane_writer import LARGEST_RECORD, PlaneWriter, Range


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
        place = tuple(index[axis] for axis in self.permutation)
        pixels = np.memmap(self.path, stored, "r+", offset, self.shape)
        pixels[place] = plane.transpose([inside.index(axis) for axis in self.permutation if axis in inside])
        pixels.flush()

    def finish(self, record: str | None, ranges: Sequence[Range]) -> None:
        if record is None or len(record) > LARGEST_RECORD:
            return
        with tifffile.TiffFile(self.path, mode="r+") as tiff:
            tag = tiff.pages[0].tags["ImageDescription"]  # type: ignore[union-attr]
            if self.namespace not in tag.value:
                tag.overwrite(_annotated(tag.value, self.namespace, record))


def _annotated(xml: str, namespace: str, record: str) -> str:
    """OME-XML with the record as a comment annotation of its image. TIFF allows seven bits a letter: others become references."""
    value = html.escape(record, quote=False).encode("ascii", "xmlcharrefreplace").decode()
    note = f'<CommentAnnotation ID="Annotation:1" Namespace="{namespace}"><Value>{value}</Value></CommentAnnotation>'
    xml = xml.replace("</Pixels></Image>", '</Pixels><AnnotationRef ID="Annotation:1"/></Image>', 1)
    whole = f"<StructuredAnnotations>{note}</StructuredAnnotations></OME>"
    return re.sub(r"</OME>\s*$", lambda _: whole, xml).encode("ascii", "xmlcharrefreplace").decode()
