"""TIFF, OME-TIFF and ImageJ TIFF in; OME-TIFF out."""

from __future__ import annotations

import dataclasses
import math
import weakref
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray
from tifffile import COMPRESSION, PHOTOMETRIC, RESUNIT

from napari_deep_prior.files.formats import _imagej, _ome
from napari_deep_prior.files.formats._base import Format
from napari_deep_prior.files.formats._tiff_colour import has_alpha, true_is_one, without_false_colour
from napari_deep_prior.files.formats._tiff_planes import (
    TiffPlaneWriter,
    bytes_of_levels,
    has_levels,
    lazy_series,
    write_levels,
)
from napari_deep_prior.files.formats._tiff_structure import check_structure
from napari_deep_prior.files.orientation import TAG, is_upright, turn_upright
from napari_deep_prior.files.picture import Picture, PixelSize, Unreadable, check_claim, from_density, without_alpha
from napari_deep_prior.files.plane_writer import PlaneWriter

OME_DTYPES = ("uint8", "uint16", "uint32", "int8", "int16", "int32", "float32", "float64")
OME_OTHER = "QAPRHE"
"""Letters that OME-TIFF can hold besides T, Z, C, Y, X and S."""

CLASSIC_LIMIT = 2**32 - 2**26
"""Bytes from which on a file is written as BigTIFF: classic TIFF ends at 4 GB, headers and record included."""

RECORD_NAMESPACE = "napari-deep-prior/record"

_COLOURS: dict[int, str] = {
    PHOTOMETRIC.SEPARATED: "CMYK",
    PHOTOMETRIC.CIELAB: "CIELAB",
    PHOTOMETRIC.ICCLAB: "CIELAB",
    PHOTOMETRIC.ITULAB: "CIELAB",
    PHOTOMETRIC.LOGLUV: "LogLuv",
}
"""Colours that are neither grey nor red, green and blue."""

_RGB_WHEN_DECODED = (COMPRESSION.JPEG, COMPRESSION.JPEG_LOSSY, COMPRESSION.OJPEG)
"""Compressions whose decoder turns YCbCr into red, green and blue."""

_MICROMETRES: dict[int, float] = {RESUNIT.INCH: 25400.0, RESUNIT.CENTIMETER: 10000.0}

_NO_DENSITY = 72.0
"""Pixels per inch that programs write when they know nothing of the size."""


class Tiff(Format):
    """TIFF: its first image; written as OME-TIFF, with the record as a comment annotation."""

    names = ("TIFF", "OME-TIFF")
    suffixes = (".tif", ".tiff")
    order = 10
    by_planes = True

    def read(self, path: Path) -> Picture:
        """The first image of a TIFF file that is in the file itself, upright, and with bright pixels as large numbers.

        Raises
        ------
        Unreadable
            For files that are cut short or claim more than they can hold, for transparency and for colours that are not RGB.
        """
        with _opened(path) as reader:
            return reader.picture()

    def open(self, path: Path) -> Picture:
        reader = _opened(path)
        picture = reader.lazy_picture()
        if picture is not None:
            weakref.finalize(picture.array, reader.tiff.close)  # it reads from the file as long as it lives
            return picture
        with reader:
            return reader.picture()

    def read_record(self, path: Path) -> str | None:
        """The record inside an OME-TIFF written here, as JSON text, or None."""
        check_structure(path)
        with tifffile.TiffFile(path) as tiff:
            xml = tiff.ome_metadata
        for note in () if xml is None else _ome.read_root(xml).iter():
            if note.get("Namespace") == RECORD_NAMESPACE:
                value = note.find("{*}Value")
                return None if value is None else value.text
        return None

    def check(self, axes: str, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        """Refuse types and axes that OME-TIFF has no name for.

        Raises
        ------
        ValueError
            In words: what it can hold.
        """
        if dtype.name not in OME_DTYPES:
            raise ValueError(f"OME-TIFF cannot hold {dtype}: choose float32.")
        stacks = [letter for letter in axes if letter not in "CYXS"]
        others = [letter for letter in stacks if letter not in "TZ"]
        if not set(others) <= set(OME_OTHER) or len(stacks) + ("C" in axes) > 3:
            raise ValueError(
                f"OME-TIFF cannot hold the axes {axes}: needs at most three of T, Z, C and {', '.join(OME_OTHER)} "
                "beside Y, X and S."
            )

    def write(self, path: Path, array: NDArray[Any], *, like: Picture, record: str | None) -> None:
        """An OME-TIFF with axes, pixel sizes, channel names and the record; a pyramid where its planes are large."""
        order = ome_axes(like.letters)
        stored = array.transpose([like.letters.index(letter) for letter in order])
        if has_levels(order, stored.shape):
            nbytes = bytes_of_levels(order, stored.shape, stored.itemsize)
            write_levels(path, stored, order, self._arguments(like, array.shape, nbytes, record))
        else:
            tifffile.imwrite(path, stored, **self._arguments(like, array.shape, array.nbytes, record))

    def plane_writer(self, path: Path, *, like: Picture, shape: tuple[int, ...], dtype: np.dtype[Any]) -> PlaneWriter:
        permutation = [like.letters.index(letter) for letter in ome_axes(like.letters)]
        return TiffPlaneWriter(
            path=path,
            permutation=permutation,
            shape=tuple(shape[axis] for axis in permutation),
            dtype=dtype,
            arguments=self._arguments(like, shape, math.prod(shape) * dtype.itemsize, None),
            namespace=RECORD_NAMESPACE,
        )

    def _arguments(self, like: Picture, shape: tuple[int, ...], nbytes: int, record: str | None) -> dict[str, Any]:
        """What tifffile is told of an image of this shape."""
        axes = like.letters
        order = ome_axes(axes)
        metadata: dict[str, Any] = {"axes": order, **_ome_sizes(like)}
        if len(like.channels) == (shape[axes.index("C")] if "C" in axes else 1):
            metadata["Channel"] = {"Name": list(like.channels)}
        if record is not None:
            metadata["Description"] = (
                "Restored from a single image by napari-deep-prior; the record is in the annotations."
            )
            metadata["CommentAnnotation"] = {"Namespace": RECORD_NAMESPACE, "Value": record}
        colour = order.endswith("S") and shape[axes.index("S")] == 3  # a fourth would be read as transparency
        return {
            "ome": True,
            "bigtiff": nbytes > CLASSIC_LIMIT,
            "photometric": "rgb" if colour else "minisblack",
            "planarconfig": "contig" if order.endswith("S") else None,
            "metadata": metadata,
        }


def _opened(path: Path) -> _Reader:
    """A file whose structure is sound, and the image in it that is read."""
    check_structure(path)
    with tifffile.TiffFile(path) as tiff:
        xml = tiff.ome_metadata
    ome = None if xml is None else _ome.choose_image(xml, path)
    return _Reader(tifffile.TiffFile(path, omexml=None if ome is None else ome.xml), path, ome)


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class _Reader:
    """An open TIFF file, and the OME image in it, if it is one."""

    tiff: tifffile.TiffFile
    path: Path
    ome: _ome.OmeImage | None

    def __enter__(self) -> _Reader:
        return self

    def __exit__(self, *_: object) -> None:
        self.tiff.close()

    def picture(self) -> Picture:
        series = self.tiff.series[0]
        self._check(series, series.keyframe)
        return self._picture_of(np.ascontiguousarray(series.asarray()))

    def lazy_picture(self) -> Picture | None:
        """The same with pixels that are read when they are asked for; None where they have to be changed, or do not lie in pages."""
        page = self.tiff.series[0].keyframe
        self._check(self.tiff.series[0], page)
        pixels = lazy_series(self.tiff, self.path)
        tag = page.tags.get(TAG)
        if pixels is None or not is_upright(None if tag is None else tag.value):
            return None
        sample = np.zeros(1, pixels.dtype)
        changed = self._bright_as_large(sample, page)[0]
        if self._imagej:
            changed = _imagej.calibrate(changed, self._imagej)[0]
        alpha = has_alpha(page, Picture(array=pixels, axes=_axes(self.tiff.series[0].axes)))
        return self._picture_of(pixels) if changed is sample and not alpha else None

    def _picture_of(self, pixels: Any) -> Picture:
        """Pixels with all that the file says of them."""
        series = self.tiff.series[0]
        page = series.keyframe
        array, notes = self._bright_as_large(pixels, page)
        if self._imagej:
            array, more = _imagej.calibrate(array, self._imagej)
            notes = (*notes, *more)
        picture = Picture(
            array=array,
            axes=_axes(series.axes),
            pixel_size=self._pixel_sizes(page),
            channels=() if self.ome is None else self.ome.channels,
            notes=(*self._choice(), *notes),
        )
        picture = without_alpha(picture, self.path) if has_alpha(page, picture) else picture
        picture = picture if self.ome is not None else without_false_colour(picture, page, self.path)
        tag = page.tags.get(TAG)
        return turn_upright(picture, None if tag is None else tag.value, self.path)

    @property
    def _imagej(self) -> dict[str, Any]:
        return (self.tiff.imagej_metadata or {}) if self.tiff.is_imagej else {}

    def _check(self, series: tifffile.TiffPageSeries, page: tifffile.TiffPage) -> None:
        """Refuse what is incomplete, and colours of another kind."""
        pages = [one for one in series.pages if one is not None]
        parts = {Path(one.parent.filehandle.path) for one in pages}
        check_claim(series.nbytes, sum(part.stat().st_size for part in parts), self.path)
        if len(pages) < len(series.pages) or series.size < self._described(series, page):
            raise Unreadable(f"{self.path} is incomplete: planes that it describes are missing. It may be cut short.")
        kind = _COLOURS.get(page.photometric)
        if page.photometric == PHOTOMETRIC.YCBCR and page.compression not in _RGB_WHEN_DECODED:
            kind = "YCbCr"
        if kind is not None:
            raise Unreadable(f"{self.path} has the colour mode {kind}: needs grey or RGB.")

    def _described(self, series: tifffile.TiffPageSeries, page: tifffile.TiffPage) -> float:
        """Numbers that ImageJ's text says the stack has; infinitely many where the decoder could not make sense of it."""
        if not self._imagej:
            return 0
        return _imagej.planes(self._imagej) * page.size if series.kind == "imagej" else math.inf

    def _choice(self) -> tuple[str, ...]:
        """Which of several images is used."""
        if self.ome is not None:
            return self.ome.notes
        images = len(self.tiff.series)
        return (f"{self.path.name} holds {images} images; the first is used.",) if images > 1 else ()

    def _bright_as_large(self, array: NDArray[Any], page: tifffile.TiffPage) -> tuple[NDArray[Any], tuple[str, ...]]:
        """Numbers that grow with brightness, as any viewer shows them, and what to know about it."""
        name = self.path.name
        if page.photometric == PHOTOMETRIC.PALETTE:
            return array, (f"{name} has a colour table; the stored numbers are used, not its colours.",)
        if page.photometric != PHOTOMETRIC.MINISWHITE or true_is_one(page):
            return array, ()
        if self._imagej:
            return array, (f"{name} is shown inverted in ImageJ; the stored numbers are used.",)
        if array.dtype.kind not in "ub":
            return array, (f"{name} calls its smallest number white; the stored numbers are used.",)
        white = True if array.dtype.kind == "b" else array.dtype.type(2**page.bitspersample - 1)
        return array ^ white, (f"{name} stores white as 0; it is inverted, so that bright pixels are large numbers.",)

    def _pixel_sizes(self, page: tifffile.TiffPage) -> dict[str, PixelSize]:
        if self.ome is not None:
            sizes = dict(self.ome.pixel_sizes())
        elif self._imagej:
            sizes = dict(_imagej.pixel_sizes(self._imagej, page))
        else:
            micrometres = _MICROMETRES.get(page.resolutionunit)
            known = micrometres is not None and (page.resolutionunit, *page.resolution) != (
                RESUNIT.INCH,
                _NO_DENSITY,
                _NO_DENSITY,
            )
            densities = zip("XY", page.resolution, strict=True) if known else ()
            sizes = {letter: from_density(density, micrometres or 1, "µm") for letter, density in densities}
        return {letter: size for letter, size in sizes.items() if size is not None}


def _axes(axes: str) -> str | None:
    """The letters of tifffile; I (pages in a row) is Q, which OME-TIFF can hold; None where a letter occurs twice."""
    letters = axes.replace("I", "Q")
    return letters if len(set(letters)) == len(letters) and {"Y", "X"} <= set(letters) else None


def ome_axes(axes: str) -> str:
    """The order in which OME-TIFF stores these axes: Y, X, then S at the end, the others as they come."""
    last = [letter for letter in "YXS" if letter in axes]
    return "".join([*(letter for letter in axes if letter not in last), *last])


def _ome_sizes(like: Picture) -> dict[str, Any]:
    attributes: dict[str, Any] = {}
    for letter, size in like.pixel_size.items():
        name = "TimeIncrement" if letter == "T" else f"PhysicalSize{letter}"
        if math.isfinite(size.size):
            attributes |= {name: size.size, f"{name}Unit": size.unit}
    return attributes
