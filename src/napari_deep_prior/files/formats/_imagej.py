"""What ImageJ writes into the description of a TIFF: units, distances, a calibration of the grey levels.

The rules are those of ImageJ's own reader.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from napari_deep_prior.files.picture import PixelSize, from_density, pixel_size

_PER_CENTIMETRE = 10_000
"""Micrometres in a centimetre."""

_SIGNED = -32768.0
"""The offset under which ImageJ stores signed numbers of 16 bits as unsigned ones."""


def planes(metadata: Mapping[str, Any]) -> int:
    """The number of planes that the stack should have, as far as it is said."""
    sizes = [metadata.get(name, 1) for name in ("channels", "slices", "frames")]
    return int(np.prod(sizes, dtype=np.float64)) if all(isinstance(size, int) for size in sizes) else 1


def pixel_sizes(metadata: Mapping[str, Any], page: tifffile.TiffPage) -> Iterator[tuple[str, PixelSize | None]]:
    """Letter of an axis, and the distance between its neighbours; Y and Z may have units of their own."""
    unit = metadata.get("unit")
    units = {"X": unit, "Y": metadata.get("yunit", unit), "Z": metadata.get("zunit", unit)}
    # The tag counts pixels per centimetre where the text says micrometres, as MetaMorph and Micro-Manager write it.
    factor = _PER_CENTIMETRE if page.resolutionunit == tifffile.RESUNIT.CENTIMETER and unit == "um" else 1
    for letter, density in zip("XY", page.resolution, strict=True):
        yield letter, from_density(density, factor, units[letter])
    yield "Z", pixel_size(metadata.get("spacing"), units["Z"])
    yield "T", pixel_size(metadata.get("finterval"), metadata.get("tunit", "s"))


def calibrate(array: NDArray[Any], metadata: Mapping[str, Any]) -> tuple[NDArray[Any], tuple[str, ...]]:
    """The grey levels as ImageJ shows them where they are signed 16-bit numbers, and what to know about them."""
    if metadata.get("cf") != 0 or "c0" not in metadata:
        return array, ()
    offset, gain = float(metadata["c0"]), float(metadata.get("c1", 1))
    if (offset, gain) == (_SIGNED, 1.0) and array.dtype == np.uint16:
        return (array ^ np.uint16(2**15)).view(np.int16), ("The numbers are signed, as ImageJ shows them.",)
    if (offset, gain) == (0.0, 1.0):
        return array, ()
    unit = metadata.get("vunit", "")
    return array, (f"ImageJ shows {gain:g} times each number plus {offset:g} {unit}; the stored numbers are used.",)
