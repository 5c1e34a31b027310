"""Files: TIFF, OME-TIFF, PNG, JPEG and OME-Zarr in and out, with axes, pixel size and the record.

Axes come from the file or the caller; they are never guessed from sizes.
"""

from __future__ import annotations

from napari_deep_prior.files.atomic import check_free, sidecar
from napari_deep_prior.files.formats._zarr_version import NEWEST, OmeZarr
from napari_deep_prior.files.formats.registry import names
from napari_deep_prior.files.images import (
    check_output,
    has_versions,
    holds,
    open_lazily,
    plane_writer,
    publish,
    read,
    read_labels,
    read_record,
    record_path,
    write,
    writes_planes,
)
from napari_deep_prior.files.number_range import range_of
from napari_deep_prior.files.number_types import Dtype, clipped, output_dtype, to_dtype
from napari_deep_prior.files.picture import Picture, PixelSize, Unreadable
from napari_deep_prior.files.plane_writer import PlaneWriter, Range

__all__ = [
    "NEWEST",
    "Dtype",
    "OmeZarr",
    "Picture",
    "PixelSize",
    "PlaneWriter",
    "Range",
    "Unreadable",
    "check_free",
    "check_output",
    "clipped",
    "has_versions",
    "holds",
    "names",
    "open_lazily",
    "output_dtype",
    "plane_writer",
    "publish",
    "range_of",
    "read",
    "read_labels",
    "read_record",
    "record_path",
    "sidecar",
    "to_dtype",
    "write",
    "writes_planes",
]
