"""Picture: what was in a file, with the meaning of its axes and the size of its pixels."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

UNITS = {
    **{name: "µm" for name in ("µm", "μm", "um", "micron", "microns", "micrometer", "micrometre", "\\u00b5m")},
    **{name: name for name in ("nm", "mm", "cm", "m", "pm", "km", "in", "ms", "s", "min", "h", "ns", "µs")},
    **{name: "Å" for name in ("å", "Å", "angstrom")},
    **{name: "nm" for name in ("nanometer", "nanometre")},
    **{name: "mm" for name in ("millimeter", "millimetre")},
    **{name: "in" for name in ("inch", "inches")},
    **{name: "s" for name in ("sec", "second", "seconds")},
    **{name: "min" for name in ("minute", "minutes")},
}
"""Spellings met in files -> the one that OME-TIFF allows."""


_NANOMETRES = {"pm": 1e-3, "Å": 0.1, "nm": 1.0, "µm": 1e3, "mm": 1e6, "cm": 1e7, "in": 2.54e7, "m": 1e9, "km": 1e12}

_SMALL, _LARGE = 2**27, 2**30
"""Bytes of an image that any file may claim to hold; and those up to which it may be nearly empty, as a mask is."""

_NEARLY_EMPTY, _MOST_COMPRESSED = 20_000, 200
"""How many times its own size a file may claim up to the second of these, and beyond."""


class Unreadable(ValueError):
    """A file that is no image we can read without loss; the message names it and says what is needed."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PixelSize:
    """Distance (or time) between neighbours along one axis, in `unit`."""

    size: float
    unit: str

    def in_unit(self, unit: str) -> float | None:
        """The distance in another unit of length; None where one of them is none."""
        own, other = _NANOMETRES.get(self.unit), _NANOMETRES.get(unit)
        return None if own is None or other is None else float(f"{self.size * own / other:.12g}")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Picture:
    """The image of a file.

    Attributes
    ----------
    array
        The stored values, in the stored type; float64 too. Or what reads them when it is indexed; see `lazy_array`.
    axes
        One letter per axis as the file tells it, or None where it does not; ``Q`` is a row of pages of unknown meaning.
    pixel_size
        By axis letter; axes without a known size are missing.
    origin
        Position of the first pixel by axis letter, in the unit of its size; axes that begin at 0 are missing.
    channels
        Names of the channels, or empty.
    colours
        In which the channels are shown, as six hexadecimal digits for red, green and blue, or empty.
    notes
        What a user should know about how the file was read.
    """

    array: Any
    axes: str | None
    pixel_size: Mapping[str, PixelSize] = dataclasses.field(default_factory=dict)
    origin: Mapping[str, float] = dataclasses.field(default_factory=dict)
    channels: tuple[str, ...] = ()
    colours: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def letters(self) -> str:
        """The axes, one letter for each of the array's.

        Raises
        ------
        ValueError
            If they are not known, or do not name each axis.
        """
        if self.axes is None or len(self.axes) != self.array.ndim:
            raise ValueError(
                f"axes = {self.axes!r} do not name the {self.array.ndim} axes of shape {self.array.shape}."
            )
        return self.axes

    def spacing(self) -> list[tuple[str, float, str]]:
        """Letter, distance between neighbours and unit of each axis but the colours; 1 pixel where the file says nothing."""
        letters = (self.axes or "").replace("S", "")
        known = [(letter, self.pixel_size.get(letter, PixelSize(size=1.0, unit="pixel"))) for letter in letters]
        return [(letter, step.size, step.unit) for letter, step in known]

    def for_shape(self, shape: Sequence[int]) -> Picture:
        """The axes, channels, pixel size and origin of an image of this shape that covers the same field; `array` stays this one."""
        sizes, origin = dict(self.pixel_size), dict(self.origin)
        for letter, old, new in zip(self.axes or "", self.array.shape, shape, strict=True):
            if letter in sizes:
                sizes[letter] = dataclasses.replace(
                    sizes[letter], size=sizes[letter].size * (old / new)
                )  # 0.1 stays 0.1
            if letter in origin and letter in sizes:  # the middle of a smaller pixel is nearer to the edge of the field
                origin[letter] += (sizes[letter].size - self.pixel_size[letter].size) / 2
        return dataclasses.replace(self, pixel_size=sizes, origin=origin)


def pixel_size(size: object, unit: object) -> PixelSize | None:
    """A size with its unit in OME's spelling, or None where it says nothing (no unit, "pixel", zero, not a number)."""
    known = UNITS.get(str(unit)) or UNITS.get(str(unit).strip().lower())
    try:
        value = float(str(size))
    except ValueError:
        return None
    return PixelSize(size=value, unit=known) if known is not None and 0 < value < float("inf") else None


def from_density(density: float, factor: float, unit: object) -> PixelSize | None:
    """The size of a pixel of which there are so many in a length of `factor` units; None where that says nothing.

    Densities are stored as fractions of whole numbers: digits after the seventh are an artefact of that.
    """
    return pixel_size(float(f"{factor / density:.7g}"), unit) if density > 0 else None


def measured(array: NDArray[Any], axes: str, sizes: Sequence[float], units: Sequence[object]) -> Picture:
    """An array with the distances between its pixels, axis by axis; colours at the end have none."""
    known = {letter: pixel_size(size, unit) for letter, size, unit in zip(axes, sizes, units, strict=False)}
    return Picture(
        array=array, axes=axes, pixel_size={letter: size for letter, size in known.items() if size is not None}
    )


def check_claim(nbytes: int, stored: int, path: Path) -> None:
    """Refuse an image of `nbytes` bytes in a file of `stored` bytes, if no honest file is so small.

    Raises
    ------
    Unreadable
        If it claims more than 128 MB and 20 000 times its size, or more than a gigabyte and 200 times its size.
    """
    if nbytes > max(_SMALL, _MOST_COMPRESSED * stored, min(_LARGE, _NEARLY_EMPTY * stored)):
        raise Unreadable(
            f"{path} claims to hold an image of {nbytes / 1e9:.1f} GB in {stored / 1e6:.3g} MB: too much to be true."
        )


def without_alpha(picture: Picture, path: Path) -> Picture:
    """The image without the last of its samples, the alpha channel, which says nothing where all is opaque.

    Raises
    ------
    Unreadable
        If a pixel is transparent: its colour is not what anybody saw.
    """
    axes = str(picture.axes)
    samples = np.moveaxis(picture.array, axes.index("S"), -1)
    opaque = np.iinfo(samples.dtype).max if samples.dtype.kind in "ui" else 1
    if (samples[..., -1] != opaque).any():
        raise Unreadable(f"{path} has transparent pixels: needs an opaque image, saved without an alpha channel.")
    grey = samples.shape[-1] == 2
    kept = samples[..., 0] if grey else np.moveaxis(samples[..., :-1], -1, axes.index("S"))
    return dataclasses.replace(
        picture,
        array=np.ascontiguousarray(kept),
        axes=axes.replace("S", "") if grey else axes,
        notes=(*picture.notes, f"{path.name} has an alpha channel, opaque everywhere; it is left out."),
    )
