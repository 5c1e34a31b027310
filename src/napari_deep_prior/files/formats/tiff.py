"""TIFF, OME-TIFF and ImageJ TIFF in; OME-TIFF out."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import tifffile
from numpy.typing import NDArray

from napari_deep_prior.files.formats._base import Format
from napari_deep_prior.files.picture import Picture, PixelSize, pixel_size, without_alpha

OME_DTYPES = ("uint8", "uint16", "uint32", "int8", "int16", "int32", "float32", "float64")
OME_OTHER = "QAPRHE"
"""Letters that OME-TIFF can hold besides T, Z, C, Y, X and S."""

CLASSIC_LIMIT = 2**32 - 2**26
"""Bytes from which on a file is written as BigTIFF: classic TIFF ends at 4 GB, headers and record included."""

RECORD_NAMESPACE = "napari-deep-prior/record"


class Tiff(Format):
    """TIFF: its first image; written as OME-TIFF, with the record as a comment annotation."""

    names = ("TIFF", "OME-TIFF")
    suffixes = (".tif", ".tiff")
    order = 10

    def read(self, path: Path) -> Picture:
        """The first image series of a TIFF file."""
        with tifffile.TiffFile(path) as tiff:
            series = tiff.series[0]
            page = series.keyframe
            notes = []
            if len(tiff.series) > 1:
                notes.append(f"{path.name} holds {len(tiff.series)} images; the first is used.")
            if page.photometric == tifffile.PHOTOMETRIC.PALETTE:
                notes.append(f"{path.name} has a colour table; the stored numbers are used, not its colours.")
            picture = Picture(
                array=np.ascontiguousarray(series.asarray()),
                axes=_axes(series.axes),
                pixel_size={letter: size for letter, size in _pixel_sizes(tiff, page) if size is not None},
                channels=_channels(tiff),
                notes=tuple(notes),
            )
            return without_alpha(picture, path) if _has_alpha(page, picture) else picture

    def read_record(self, path: Path) -> str | None:
        """The record inside an OME-TIFF written here, as JSON text, or None."""
        with tifffile.TiffFile(path) as tiff:
            root = _ome_root(tiff)
            for note in () if root is None else root.iter():
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
        """An OME-TIFF with axes, pixel sizes, channel names and the record."""
        axes = like.letters
        order = ome_axes(axes)
        stored = array.transpose([axes.index(letter) for letter in order])
        metadata: dict[str, Any] = {"axes": order, **_ome_sizes(like)}
        if like.channels and "C" in axes and len(like.channels) == array.shape[axes.index("C")]:
            metadata["Channel"] = {"Name": list(like.channels)}
        if record is not None:
            metadata["Description"] = (
                "Restored from a single image by napari-deep-prior; the record is in the annotations."
            )
            metadata["CommentAnnotation"] = {"Namespace": RECORD_NAMESPACE, "Value": record}
        colour = order.endswith("S") and array.shape[axes.index("S")] == 3  # a fourth would be read as transparency
        tifffile.imwrite(
            path,
            stored,
            ome=True,
            bigtiff=array.nbytes > CLASSIC_LIMIT,
            photometric="rgb" if colour else "minisblack",
            planarconfig="contig" if order.endswith("S") else None,
            metadata=metadata,
        )


def _has_alpha(page: Any, picture: Picture) -> bool:
    """Whether the last sample is transparency: said by the file, or the fourth beside red, green and blue."""
    if picture.axes is None or "S" not in picture.axes:
        return False
    declared = {tifffile.EXTRASAMPLE.ASSOCALPHA, tifffile.EXTRASAMPLE.UNASSALPHA}
    fourth = page.photometric == tifffile.PHOTOMETRIC.RGB and page.samplesperpixel == 4
    return fourth or (len(page.extrasamples) == 1 and page.extrasamples[0] in declared)


def _axes(axes: str) -> str | None:
    """The letters of tifffile; I (pages in a row) is Q, which OME-TIFF can hold; None where a letter occurs twice."""
    letters = axes.replace("I", "Q")
    return letters if len(set(letters)) == len(letters) and {"Y", "X"} <= set(letters) else None


def _pixel_sizes(tiff: tifffile.TiffFile, page: Any) -> Iterator[tuple[str, PixelSize | None]]:
    if tiff.is_ome:
        pixels = _ome_pixels(tiff)
        for letter in "XYZ":
            size, unit = pixels.get(f"PhysicalSize{letter}"), pixels.get(f"PhysicalSize{letter}Unit", "µm")
            yield letter, pixel_size(size, unit)
        yield "T", pixel_size(pixels.get("TimeIncrement"), pixels.get("TimeIncrementUnit", "s"))
        return
    per_unit = dict(zip("XY", page.resolution, strict=True))
    if tiff.is_imagej:
        metadata = tiff.imagej_metadata or {}
        for letter, density in per_unit.items():
            yield letter, pixel_size(1 / density if density else 0, metadata.get("unit"))
        yield "Z", pixel_size(metadata.get("spacing"), metadata.get("unit"))
        yield "T", pixel_size(metadata.get("finterval"), metadata.get("tunit", "s"))
        return
    micrometres = {tifffile.RESUNIT.INCH: 25400.0, tifffile.RESUNIT.CENTIMETER: 10000.0}.get(page.resolutionunit)
    for letter, density in per_unit.items():
        yield letter, pixel_size(micrometres / density, "µm") if micrometres and density else None


def _ome_root(tiff: tifffile.TiffFile) -> ElementTree.Element | None:
    return ElementTree.fromstring(tiff.ome_metadata) if tiff.is_ome and tiff.ome_metadata else None


def _ome_pixels(tiff: tifffile.TiffFile) -> dict[str, str]:
    root = _ome_root(tiff)
    pixels = root.find("{*}Image/{*}Pixels") if root is not None else None
    return dict(pixels.attrib) if pixels is not None else {}


def _channels(tiff: tifffile.TiffFile) -> tuple[str, ...]:
    root = _ome_root(tiff)
    image = root.find("{*}Image") if root is not None else None
    names = [] if image is None else [channel.get("Name") for channel in image.findall("{*}Pixels/{*}Channel")]
    return tuple(name for name in names if name) if all(names) else ()


def ome_axes(axes: str) -> str:
    """The order in which OME-TIFF stores these axes: stacks as they come, C, then Y, X, then S."""
    stacks = [letter for letter in axes if letter not in "CYXS"]
    return "".join([*stacks, *(letter for letter in "CYXS" if letter in axes)])


def _ome_sizes(like: Picture) -> dict[str, Any]:
    attributes: dict[str, Any] = {}
    for letter, size in like.pixel_size.items():
        name = "TimeIncrement" if letter == "T" else f"PhysicalSize{letter}"
        if math.isfinite(size.size):
            attributes |= {name: size.size, f"{name}Unit": size.unit}
    return attributes
