"""Axes: which axis is what (no torch)."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar, overload

import numpy as np
from numpy.typing import NDArray

from napari_deep_prior.core.data.axis_names import axes_of_names

_Number = TypeVar("_Number", bound=np.generic)


Index = tuple[int | slice, ...]


class Planes(Sequence[Index]):
    """Index of every plane of an array, in order; each is made when it is asked for, as a stack may have millions."""

    def __init__(self, shape: Sequence[int], stack: Sequence[int]) -> None:
        self._axes, self._stack = len(shape), tuple(stack)
        self._sizes = tuple(shape[axis] for axis in stack)

    def __len__(self) -> int:
        return math.prod(self._sizes)

    @overload
    def __getitem__(self, number: int) -> Index: ...
    @overload
    def __getitem__(self, number: slice) -> list[Index]: ...
    def __getitem__(self, number: int | slice) -> Index | list[Index]:
        if isinstance(number, slice):
            return [self[at] for at in range(*number.indices(len(self)))]
        left = range(len(self))[number]
        index: list[int | slice] = [slice(None)] * self._axes
        for axis, size in zip(reversed(self._stack), reversed(self._sizes), strict=True):
            left, index[axis] = divmod(left, size)
        return tuple(index)


@dataclasses.dataclass(frozen=True, slots=True)
class Axes:
    """What each axis of an array means, as one letter each, e.g. ``"YX"``, ``"TZYX"``, ``"YXC"``.

    Y and X are the plane; C (channels) or S (colour samples) are fitted together with it; every other letter
    is a stack of planes, each restored by itself. Where both C and S occur, S is the colour and C a stack; with `apart` C is one
    anyway. With `volume`, Z belongs to the plane; where there is no Z it is Q, the letter of an axis without a name.
    """

    letters: str
    volume: bool = False
    apart: bool = False

    def __post_init__(self) -> None:
        doubled = {letter for letter in self.letters if self.letters.count(letter) > 1}
        if (
            not (self.letters.isascii() and self.letters.isalpha() and self.letters.isupper())
            or doubled
            or not {"Y", "X"} <= set(self.letters)
        ):
            raise ValueError(
                f"axes = {self.letters!r}: needs one letter per axis, each once, Y and X among them "
                "(C or S for channels, others such as T and Z for stacks), e.g. 'YX', 'TYX', 'ZYX', 'YXC'."
            )
        if self.volume and self.depth is None:
            raise ValueError(
                f"axes = {self.letters!r}: volumes need the axis Z, e.g. 'ZYX'. Switch volume off, or name the axis."
            )

    @classmethod
    def of(cls, image: NDArray[np.generic], axes: Axes | str | None) -> Axes:
        """The axes of `image`: as given, as its own names say, or YX for a 2D array. They are never guessed from the sizes."""
        axes = axes_of_names(getattr(image, "dims", ())) if axes is None else axes
        if axes is None and image.ndim == 2:
            return cls("YX")
        if axes is None:
            raise ValueError(
                f"The image has {image.ndim} axes, shape {image.shape}: say which is which with axes=, "
                "e.g. axes='ZYX' for a stack, axes='YXC' for colour."
            )
        found = axes if isinstance(axes, Axes) else cls(axes.upper())
        if len(found.letters) != image.ndim:
            raise ValueError(
                f"axes = {found.letters!r} names {len(found.letters)} axes, but the image has {image.ndim}: shape {image.shape}."
            )
        return found

    @classmethod
    def of_record(cls, letters: str, settings: Mapping[str, Any]) -> Axes:
        """As a run had them that a record tells of, by its plain settings."""
        return cls(letters, volume=settings.get("volume", False), apart=settings.get("each_channel", False))

    @property
    def channel(self) -> int | None:
        """Position of the axis fitted together with the plane, or None."""
        letter = "S" if "S" in self.letters else "" if self.apart else "C"
        return self.letters.index(letter) if letter and letter in self.letters else None

    @property
    def depth(self) -> str | None:
        """The letter of the axis along which planes lie above each other, or None."""
        return next((letter for letter in "ZQ" if letter in self.letters), None)

    @property
    def spatial(self) -> tuple[int, ...]:
        """Positions of the axes a fit draws: of (y, x), or of (z, y, x)."""
        return tuple(self.letters.index(letter) for letter in f"{self.depth if self.volume else ''}YX")

    @property
    def stack(self) -> tuple[int, ...]:
        """Positions of the axes whose planes are restored one by one."""
        plane = {*self.spatial, self.channel}
        return tuple(i for i in range(len(self.letters)) if i not in plane)

    def planes(self, shape: Sequence[int]) -> Planes:
        """Index of every plane in order; ``image[index]`` is the plane in the caller's axis order."""
        return Planes(shape, self.stack)

    def count(self, shape: Sequence[int]) -> int:
        """The number of planes."""
        return math.prod(shape[i] for i in self.stack)

    def plane_shape(self, shape: Sequence[int]) -> tuple[int, ...]:
        """(y, x) or (z, y, x) of an array of this shape."""
        return tuple(shape[i] for i in self.spatial)

    def with_plane(self, shape: Sequence[int], wanted: Callable[[tuple[int, ...]], tuple[int, ...]]) -> tuple[int, ...]:
        """The shape of an array whose planes, (y, x) or (z, y, x), have become `wanted` of theirs."""
        sizes = dict(zip(self.spatial, wanted(self.plane_shape(shape)), strict=True))
        return tuple(sizes.get(i, n) for i, n in enumerate(shape))

    def _plane_order(self) -> tuple[int, ...]:
        """Axes of a plane as the caller orders them, permuted to (c, [z,] y, x) or ([z,] y, x)."""
        inside = [i for i in range(len(self.letters)) if i not in self.stack]
        order = self.spatial if self.channel is None else (self.channel, *self.spatial)
        return tuple(inside.index(i) for i in order)

    def to_cyx(self, plane: NDArray[np.generic]) -> NDArray[np.generic]:
        """A plane in the caller's order -> (c, y, x), or (c, z, y, x) of a volume; c is 1 for a grey image."""
        ordered = plane.transpose(self._plane_order())
        return ordered[None] if self.channel is None else ordered

    def from_cyx(self, image: NDArray[_Number]) -> NDArray[_Number]:
        """(c, [z,] y, x) -> the caller's order."""
        plain = image[0] if self.channel is None else image
        return np.ascontiguousarray(plain.transpose(np.argsort(self._plane_order())))

    def in_all_channels(self, plane: NDArray[_Number], channels: int) -> NDArray[_Number]:
        """What holds for all channels, ([z,] y, x) -> the caller's order; a view, that is not to be written to."""
        each = plane if self.channel is None else np.broadcast_to(plane, (channels, *plane.shape))
        return each.transpose(np.argsort(self._plane_order()))

    def _without_channels(self, most: int) -> list[int]:
        """Axes of a mask of so many: all but that of channels, or with it where these are planes of their own."""
        axes = [i for i in range(len(self.letters)) if i != self.channel]
        return axes if len(axes) == most or not self.apart else [i for i in axes if self.letters[i] != "C"]

    def companion(self, array: NDArray[np.generic], shape: Sequence[int], index: Index) -> NDArray[np.generic]:
        """What of a mask-like array belongs to the plane at `index`, as (y, x) or (z, y, x).

        The array has the image's shape, without the axis of channels, or is one plane used for all: of a volume (z, y, x), or (y, x)
        used at every depth. It may have an axis of channels where these are planes of their own.

        Raises
        ------
        ValueError
            If it has none of these shapes.
        """
        without = self._without_channels(array.ndim)
        whole, plane = tuple(shape[i] for i in without), self.plane_shape(shape)
        if array.shape == whole:
            inside = [i for i in without if i not in self.stack]
            return array[tuple(index[i] for i in without)].transpose([inside.index(i) for i in self.spatial])
        if array.shape in (plane, plane[-2:]):
            return np.broadcast_to(array, plane)
        raise ValueError(
            f"has shape {array.shape}, but the image is {tuple(shape)} with axes {self.letters}: "
            f"needs {whole}" + ("." if len(whole) == 2 else f", or one plane {plane[-2:]} for all.")
        )


def check_image(image: NDArray[np.generic], axes: Axes) -> None:
    """Refuse what no fit can restore, by type and shape alone.

    Raises
    ------
    TypeError
        For booleans, complex and non-numeric arrays.
    ValueError
        For empty images, planes with fewer than 2 pixels in Y or X, and arrays with masked pixels.
    """
    if isinstance(image, np.ma.MaskedArray) and np.ma.getmaskarray(image).any():
        raise ValueError(
            "The image is a masked array, whose masked pixels would pass for measured ones: give image.data, and "
            "np.ma.getmaskarray(image).astype('uint8') as the mask of Inpaint, which fills them."
        )
    if image.dtype == np.bool_:
        raise TypeError(
            "The image is boolean (two values only): give the grey image it was made from, or image.astype('uint8')."
        )
    if image.dtype.kind not in "uif":
        raise TypeError(f"The image has dtype {image.dtype}: needs integers or real floating-point numbers.")
    size = {letter: n for letter, n in zip(axes.letters, image.shape, strict=True)}
    if math.prod(image.shape) == 0 or size["Y"] < 2 or size["X"] < 2:
        raise ValueError(
            f"The image has shape {image.shape}, axes {axes.letters}: needs at least 2 x 2 pixels in Y and X."
        )
