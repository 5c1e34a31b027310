"""OME metadata of Zarr: axes, sizes, origin, names and colours, read and written, of version 0.4 and 0.5."""

from __future__ import annotations

import dataclasses
import math
import re
import textwrap
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from napari_deep_prior.files.formats._zarr_version import Version
from napari_deep_prior.files.number_range import range_of
from napari_deep_prior.files.picture import Picture, PixelSize, Unreadable, pixel_size

if TYPE_CHECKING:
    from yaozarrs import v04, v05

    Multiscale = v04.Multiscale | v05.Multiscale
    Dataset = v04.Dataset | v05.Dataset

_LARGE = {"yotta": "Y", "zetta": "Z", "exa": "E", "peta": "P", "tera": "T", "giga": "G", "mega": "M", "kilo": "k"}
_MIDDLE = {"hecto": "h", "": "", "deci": "d", "centi": "c", "milli": "m"}
_SMALL = {"micro": "µ", "nano": "n", "pico": "p", "femto": "f", "atto": "a", "zepto": "z", "yocto": "y"}
_PREFIXES = {**_LARGE, **_MIDDLE, **_SMALL}

UNITS = {
    **{f"{word}meter": f"{sign}m" for word, sign in _PREFIXES.items()},
    **{f"{word}second": f"{sign}s" for word, sign in _PREFIXES.items()},
    "angstrom": "Å",
    "inch": "in",
    "foot": "ft",
    "yard": "yd",
    "mile": "mi",
    "parsec": "pc",
    "minute": "min",
    "hour": "h",
    "day": "d",
}
"""Names of units that OME-Zarr knows -> those of OME-TIFF, which we use."""

_WORDS = {sign: word for word, sign in UNITS.items()}

_NO_UNIT = "pixel"

SPACE, MIDDLE = "ZYX", "CS"
"""Letters of axes in space; those that may stand between time and space, besides any that OME has no name for."""

_RED_GREEN_BLUE = {"Red": "FF0000", "Green": "00FF00", "Blue": "0000FF"}


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class OmeImage:
    """The first image that a group describes.

    Attributes
    ----------
    multiscale
        Its axes, and its first level.
    level
        Path of the finest level, as it stands in the file; it may lead anywhere.
    omero
        How its channels are shown, as it stands in the file; anything may be wrong with it.
    notes
        What a user should know about the choice.
    """

    multiscale: Multiscale
    level: object
    omero: object
    notes: tuple[str, ...]

    def picture(self, array: NDArray[Any], path: Path) -> Picture:
        """The pixels with what is known about them.

        Raises
        ------
        Unreadable
            If the array has another number of axes than the metadata.
        """
        if array.ndim != len(self.multiscale.axes):
            raise Unreadable(f"{path} describes {len(self.multiscale.axes)} axes, and its array has {array.ndim}.")
        axes = letters_of([(axis.name, axis.type) for axis in self.multiscale.axes])
        if axes is None:
            return Picture(array=array, axes=None, notes=self.notes)
        scale, origin = _placed(self.multiscale)
        units = [getattr(axis, "unit", None) for axis in self.multiscale.axes]
        sizes = {letter: _size(step, unit, letter) for letter, step, unit in zip(axes, scale, units, strict=True)}
        names, colours = _channels(self.omero, array.shape[axes.index("C")] if "C" in axes else 1)
        return Picture(
            array=array,
            axes=axes,
            pixel_size={letter: size for letter, size in sizes.items() if size is not None},
            origin={
                letter: value for letter, value in zip(axes, origin, strict=True) if value and math.isfinite(value)
            },
            channels=names,
            colours=colours,
            notes=self.notes,
        )


def image_of(attributes: Mapping[str, Any], path: Path) -> OmeImage | None:
    """The first image that the attributes of a group describe; None where they describe none.

    Raises
    ------
    Unreadable
        If its version is neither 0.4 nor 0.5, or its axes and sizes are damaged.
    """
    new = attributes.get("ome")
    found = new if isinstance(new, Mapping) else attributes
    images = found.get("multiscales")
    if not isinstance(images, list) or not images or not isinstance(images[0], Mapping):
        return None
    version = str(found.get("version", "0.5") if found is new else images[0].get("version", "0.4"))
    if version not in ("0.4", "0.5"):
        raise Unreadable(f"{path} is OME-Zarr {version}: needs 0.4 or 0.5.")
    note = f"{path.name} holds {len(images)} images; the first is used."
    levels = images[0].get("datasets")
    first = levels[0] if isinstance(levels, list) and levels and isinstance(levels[0], Mapping) else {}
    return OmeImage(
        multiscale=_validated(images[0], first, version, path),
        level=first.get("path"),
        omero=found.get("omero"),
        notes=(note,) if len(images) > 1 else (),
    )


def _validated(image: Mapping[str, Any], level: Mapping[str, Any], version: str, path: Path) -> Multiscale:
    """Axes and first level, checked; the other levels are not read, whatever is said of them."""
    from yaozarrs import v04, v05

    first = {**image, "datasets": [{**level, "path": "0"}], "metadata": None, "type": None, "name": None}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # units that the standard does not know
            return (v05.Multiscale if version == "0.5" else v04.Multiscale).model_validate(first)
    except ValueError as error:  # its own kind, in many lines: how many are wrong, where the first is, what it is
        place, words = (*str(error).splitlines()[1:3], "", "")[:2]
        place = place.strip().partition(".literal[")[0]  # lists of all units are left out
        wrong = textwrap.shorten(f"{place}: {words.partition(' [type=')[0].strip()}", 120, placeholder=" …")
        raise Unreadable(f"{path} has damaged OME metadata ({wrong}).") from None


def letters_of(axes: Sequence[tuple[str, str | None]]) -> str | None:
    """One letter for each axis, by its type and name; None where they do not say it."""
    fixed = {"time": "T", "channel": "C"}
    letters = [fixed.get(kind or "", name.upper()) for name, kind in axes]
    meant = all((kind == "space") == (letter in SPACE) for letter, (_, kind) in zip(letters, axes, strict=True))
    single = all(len(letter) == 1 and letter.isascii() and letter.isalpha() for letter in letters)
    known = meant and single and len(set(letters)) == len(letters) and {"Y", "X"} <= set(letters)
    return "".join(letters) if known else None


def _placed(image: Multiscale) -> tuple[list[float], list[float]]:
    """Distance between neighbours, and position of the first, along each axis: of the level, then of the whole image."""
    scale, origin = [1.0] * len(image.axes), [0.0] * len(image.axes)
    for step in (*image.datasets[0].coordinateTransformations, *(image.coordinateTransformations or ())):
        if step.type == "scale":
            scale = [a * b for a, b in zip(scale, step.scale, strict=True)]
            origin = [a * b for a, b in zip(origin, step.scale, strict=True)]
        else:
            origin = [a + b for a, b in zip(origin, step.translation, strict=True)]
    return [float(f"{value:.15g}") for value in scale], origin


def _size(scale: float, unit: str | None, letter: str) -> PixelSize | None:
    """The size of a pixel; a size in space without a unit is one in pixels of the finest level."""
    if unit in UNITS:
        return PixelSize(size=scale, unit=UNITS[unit]) if 0 < scale < math.inf else None
    if unit is None:
        kept = letter in SPACE and scale != 1 and 0 < scale < math.inf
        return PixelSize(size=scale, unit=_NO_UNIT) if kept else None
    return pixel_size(scale, unit)


def _channels(omero: object, count: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names and colours, each for all channels or for none. What is said of the display never makes an image unreadable."""
    found = omero.get("channels") if isinstance(omero, Mapping) else None
    said = [one if isinstance(one, Mapping) else {} for one in found] if isinstance(found, list) else []
    names = [_name(one.get("label")) for one in said]
    colours = [_colour(one.get("color")) for one in said]
    return _complete(names, count), _complete(colours, count)


def _name(label: object) -> str:
    return label if isinstance(label, str) else ""


def _colour(said: object) -> str:
    colour = str(said).lstrip("#").upper()
    return colour if re.fullmatch("[0-9A-F]{6}", colour) else ""


def _complete(words: Sequence[str], count: int) -> tuple[str, ...]:
    return tuple(words) if len(words) == count and all(words) else ()


def order_of(axes: str) -> str:
    """The order that OME-Zarr asks for: time, channels or the like, space."""
    middle = [letter for letter in axes if letter not in f"T{SPACE}"]
    return "".join(
        [*("T" for letter in axes if letter == "T"), *middle, *(letter for letter in SPACE if letter in axes)]
    )


def metadata(
    like: Picture,
    shape: tuple[int, ...],
    dtype: np.dtype[Any],
    factors: Sequence[Sequence[int]],
    ranges: Sequence[tuple[float, float]],
    version: Version,
) -> dict[str, Any]:
    """What the group of an image says about it.

    Parameters
    ----------
    like
        The image's axes in their order, sizes, names and colours.
    shape, dtype, factors
        Of its pixels; how much coarser each level is than the first, along each axis.
    ranges
        Smallest and largest number of each channel, as `ranges_of` finds them; none where they are not known yet.
    version
        Which is written.
    """
    scale = [like.pixel_size[letter].size if letter in like.pixel_size else 1.0 for letter in like.letters]
    origin = [like.origin.get(letter, 0.0) for letter in like.letters]
    levels = [{"path": str(number), **_transformations(scale, origin, by)} for number, by in enumerate(factors)]
    image = {"axes": [_axis(letter, like) for letter in like.letters], "datasets": levels, "type": "mean"}
    return version.attributes(image, _omero(like, shape, dtype, ranges))


def axis_names(axes: str) -> tuple[str, ...]:
    """Names of the axes as OME-Zarr wants them; colours are channels."""
    return tuple("c" if letter == "S" else letter.lower() for letter in axes)


def _axis(letter: str, like: Picture) -> dict[str, str]:
    kinds = {"T": "time", "C": "channel", "S": "channel", **dict.fromkeys(SPACE, "space")}
    found = {"name": axis_names(letter)[0], **({"type": kinds[letter]} if letter in kinds else {})}
    size = like.pixel_size.get(letter)
    known = size is not None and size.unit != _NO_UNIT
    return {**found, "unit": _WORDS.get(size.unit, size.unit)} if known and size is not None else found


def _transformations(scale: Sequence[float], origin: Sequence[float], factors: Sequence[int]) -> dict[str, Any]:
    """The size of a coarser pixel, and the position of its middle, which is that of those it is the mean of."""
    finer = list(zip(origin, scale, factors, strict=True))
    middle = [start + size * (factor - 1) / 2 for start, size, factor in finer]
    steps: list[dict[str, Any]] = [{"type": "scale", "scale": [size * factor for _, size, factor in finer]}]
    if any(middle):
        steps.append({"type": "translation", "translation": middle})
    return {"coordinateTransformations": steps}


def _omero(
    like: Picture, shape: tuple[int, ...], dtype: np.dtype[Any], ranges: Sequence[tuple[float, float]]
) -> dict[str, Any] | None:
    """How channels are shown: names, colours and range; None where neither name nor colour is known."""
    axes, names, colours = like.letters, like.channels, like.colours
    if "S" in axes and shape[axes.index("S")] == len(_RED_GREEN_BLUE):
        names, colours = tuple(_RED_GREEN_BLUE), tuple(_RED_GREEN_BLUE.values())
    along = _along(axes)
    count = 1 if along is None else shape[along]  # an image without the axis is one channel
    if not {len(names), len(colours)} & {count}:
        return None
    channels = []
    for number in range(count):
        known = {"label": names[number]} if len(names) == count else {}
        colour = colours[number] if len(colours) == count else "FFFFFF"
        low, high = ranges[number] if number < len(ranges) else (0.0, 1.0)
        channels.append({**known, "color": colour, "active": True, "window": _window(low, high, dtype)})
    return {"channels": channels}


def _along(axes: str) -> int | None:
    return next((axes.index(letter) for letter in MIDDLE if letter in axes), None)


def ranges_of(array: NDArray[Any], axes: str) -> list[tuple[float, float]]:
    """Smallest and largest number of each channel."""
    along = _along(axes)
    return [range_of(plane) for plane in ([array] if along is None else np.moveaxis(array, along, 0))]


def _window(low: float, high: float, dtype: np.dtype[Any]) -> dict[str, float]:
    limits = np.iinfo(dtype) if dtype.kind in "ui" else None
    least, most = (low, high) if limits is None else (float(limits.min), float(limits.max))
    return {"start": low, "end": high, "min": least, "max": most}
