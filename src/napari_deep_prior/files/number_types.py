"""Conversion between number types."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from napari_deep_prior.files.formats.registry import format_of

Dtype = Literal["auto", "float32", "input", "uint8", "uint16"]


def output_dtype(path: Path | str, wanted: Dtype, observed: np.dtype[Any]) -> np.dtype[Any]:
    """The type to save in: as wanted; "auto" is float32 in a TIFF and the observed image's type in PNG and JPEG."""
    if wanted == "auto":
        return format_of(Path(path)).automatic_dtype(observed)
    return observed.newbyteorder("=") if wanted == "input" else np.dtype(wanted)


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
    integers = np.where(too_large, 0, np.maximum(rounded, limits.min)).astype(dtype)
    integers[too_large] = limits.max
    return integers


def clipped(array: NDArray[Any], dtype: np.dtype[Any]) -> int:
    """Number of the pixels of an image of fractions that lie outside of the range of a type of whole numbers."""
    if dtype.kind not in "ui" or array.dtype.kind != "f":
        return 0
    limits = np.iinfo(dtype)
    return int(np.count_nonzero((array < limits.min - 0.5) | (array > limits.max + 0.5)))
