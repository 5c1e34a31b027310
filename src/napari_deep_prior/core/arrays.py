"""Between the caller's array and the network's tensor: Axes (which axis is what) and Scaling (which units).

A *plane* is what one fit restores: (y, x), or (z, y, x) where stacks are fitted as volumes.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

_Number = TypeVar("_Number", bound=np.generic)
Index = tuple[int | slice, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Axes:
    """What each axis of an array means, as one letter each, e.g. ``"YX"``, ``"TZYX"``, ``"YXC"``.

    Y and X are the plane; C (channels) or S (colour samples) are fitted together with it; every other letter
    is a stack of planes, each restored by itself. Where both C and S occur, S is the colour and C a stack. With `volume`, Z
    belongs to the plane; where there is no Z it is Q, the letter of an axis without a name.
    """

    letters: str
    volume: bool = False

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
        """The axes of `image`: as given, or YX for a 2D array. They are never guessed from the sizes."""
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

    @property
    def channel(self) -> int | None:
        """Position of the axis fitted together with the plane, or None."""
        letter = "S" if "S" in self.letters else "C"
        return self.letters.find(letter) if letter in self.letters else None

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

    def planes(self, shape: Sequence[int]) -> list[Index]:
        """Index of every plane in order; ``image[index]`` is the plane in the caller's axis order."""
        ranges = [range(shape[i]) if i in self.stack else (slice(None),) for i in range(len(shape))]
        return list(itertools.product(*ranges))

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

    def companion(self, array: NDArray[np.generic], shape: Sequence[int], index: Index) -> NDArray[np.generic]:
        """What of a mask-like array belongs to the plane at `index`, as (y, x) or (z, y, x).

        The array has the image's shape without the channel axis, or is one plane used for all: of a volume (z, y, x), or
        (y, x) used at every depth.

        Raises
        ------
        ValueError
            If it has none of these shapes.
        """
        without = [i for i in range(len(shape)) if i != self.channel]
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


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Scaling:
    """One affine map per channel between the caller's units and about [0, 1].

    `offset`, `gain` and `ceiling` have shape (c, 1, 1), or (c, 1, 1, 1) for volumes: ``units = offset + gain * tensor``,
    tensor up to `ceiling`.
    """

    offset: NDArray[np.float64]
    gain: NDArray[np.float64]

    ceiling: NDArray[np.float64]

    @classmethod
    def of(cls, image: NDArray[np.generic], known: NDArray[np.bool_], *, together: bool) -> Scaling:
        """From the known pixels of a (c, [z,] y, x) image: 0 is its darkest structure, 1 the 99.9th percentile.

        A structure is what a neighbouring pixel shares: one dead or hot pixel must neither squeeze the picture into a
        corner of the range nor, above the `ceiling`, outweigh all others. `together` takes one map for all channels,
        as colour samples need.
        """
        values = image[:, known].astype(np.float64)
        dark, bright = _structure(image, known)
        if together:
            values = np.broadcast_to(values.reshape(1, -1), (len(image), values.size))
            dark, bright = np.full_like(dark, dark.min()), np.full_like(bright, bright.max())
        low, high = np.percentile(values, [0.1, 99.9], axis=1)
        low = np.minimum(low, dark)
        flat = high <= low
        if flat.any():  # nearly all pixels alike: fall back on the extremes
            low, high = np.where(flat, values.min(1), low), np.where(flat, values.max(1), high)
        gain = np.where(high > low, high - low, 1.0)
        ceiling = np.maximum(1.0, (bright - low) / gain) * 1.25
        one_each = (-1, *(1 for _ in known.shape))
        return cls(low.reshape(one_each), gain.reshape(one_each), ceiling.reshape(one_each))

    def down_to(self, floor: float) -> Scaling:
        """The same with 0 at `floor` or at the darkest structure, whichever is darker; 1 stays where it is."""
        offset = np.minimum(self.offset, floor)
        gain = self.gain + self.offset - offset
        return Scaling(offset, gain, (self.ceiling * self.gain + self.offset - offset) / gain)

    def to_tensor(self, image: NDArray[np.generic]) -> torch.Tensor:
        """(c, [z,] y, x) in caller's units -> (1, c, [z,] y, x) float32 about [0, 1], lone pixels cut to just beyond the structures."""
        scaled = (image.astype(np.float64) - self.offset) / self.gain
        return torch.from_numpy(np.clip(scaled, -0.25, self.ceiling).astype(np.float32))[None]

    def to_units(self, tensor: torch.Tensor) -> NDArray[np.float32]:
        """(1, c, [z,] y, x) -> (c, [z,] y, x) float32 in caller's units, on the CPU."""
        scaled = tensor.detach()[0].float().cpu().numpy().astype(np.float64)
        units: NDArray[np.float64] = self.offset + self.gain * scaled
        return units.astype(np.float32)

    def deviation_to_units(self, tensor: torch.Tensor) -> NDArray[np.float32]:
        """The same for a standard deviation: scaled, not shifted."""
        units: NDArray[np.float64] = self.gain * tensor.detach()[0].float().cpu().numpy()
        return units.astype(np.float32)


def _structure(image: NDArray[np.generic], known: NDArray[np.bool_]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Darkest and brightest value of each channel that a pixel shares with one of its eight neighbours in the plane; each (c,)."""
    dark = np.where(known, image, np.inf).astype(np.float64)
    bright = np.where(known, image, -np.inf).astype(np.float64)
    inside = tuple(range(1, image.ndim))
    shared_dark = np.maximum(dark, _of_neighbours(np.minimum, dark, np.inf)).min(axis=inside)
    shared_bright = np.minimum(bright, _of_neighbours(np.maximum, bright, -np.inf)).max(axis=inside)
    alone = ~(np.isfinite(shared_dark) & np.isfinite(shared_bright))  # no two known pixels touch
    return np.where(alone, np.inf, shared_dark), np.where(alone, bright.max(axis=inside), shared_bright)


def _of_neighbours(extreme: np.ufunc, image: NDArray[np.float64], beyond: float) -> NDArray[np.float64]:
    """The extreme of the eight pixels around each pixel in the last two axes."""
    beside = [(0, 0)] * (image.ndim - 2)
    wide = np.pad(image, (*beside, (1, 1), (1, 1)), constant_values=beyond)
    rows, columns = image.shape[-2:]
    around = [(dy, dx) for dy in range(3) for dx in range(3) if (dy, dx) != (1, 1)]
    found: NDArray[np.float64] = extreme.reduce([wide[..., dy : dy + rows, dx : dx + columns] for dy, dx in around])
    return found


def check_image(image: NDArray[np.generic], axes: Axes) -> None:
    """Refuse what no fit can restore, by type and shape alone.

    Raises
    ------
    TypeError
        For booleans, complex and non-numeric arrays.
    ValueError
        For empty images and planes with fewer than 2 pixels in Y or X.
    """
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
