"""What the user sees of an image: a crop of it that lies exactly where it lies, for a try of a few seconds."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from napari_deep_prior._napari.layers.source import Source, finest

if TYPE_CHECKING:
    from napari.viewer import Viewer

    from napari.layers import Image
    from napari_deep_prior.core.data.axes import Axes

Seen = NDArray[np.float64]
"""First and last pixel that are seen along an axis, or along each."""

TRIED = "This was a try on what you see. Run restores the whole image."
"""What is said when a try has ended."""

MOST, LEAST = 256, 64
"""Pixels a side that are tried, at most and, where the image has them, at least."""

DEEP = 16
"""Planes of a volume that are tried at most."""


def visible_region(viewer: Viewer, layer: Image, depth: str = "", *, most: int = MOST, deep: int = DEEP) -> Source:
    """The middle of what is seen of a layer, at most `most` pixels a side, on one plane of it.

    With `depth`, the letter of that axis, on at most `deep` planes along it.
    """
    return _part(viewer, layer, _corners(layer), depth, most, deep)


def plane_region(viewer: Viewer, layer: Image, depth: str = "") -> Source:
    """The whole plane that is looked at; with `depth`, the letter of that axis, the whole volume."""
    size = max(finest(layer).shape)
    return _part(viewer, layer, np.zeros((2, layer.ndim)), depth, size, size)


def stack_region(layer: Image, places: Mapping[str, slice]) -> Source:
    """Of each axis named in `places` that part, of the others all."""
    whole = Source.of(layer)
    sizes = zip(whole.axes, whole.placed.data.shape, strict=True)
    return cropped(whole, layer, [places.get(letter, slice(0, size)) for letter, size in sizes])


def number_in_view(viewer: Viewer, layer: Image, axes: Axes, window: Sequence[slice] = ()) -> int:
    """Number of the plane, or volume, that is looked at, as `axes` count them in this part of the layer; of the nearest one."""
    parts = window or [slice(0, size) for size in finest(layer).shape]
    here = np.rint(layer.world_to_data(viewer.dims.point)[-layer.ndim :]).astype(int)
    sizes = [parts[axis].stop - parts[axis].start for axis in axes.stack]
    places = [int(here[axis]) - parts[axis].start for axis in axes.stack]
    inside = [min(max(place, 0), size - 1) for place, size in zip(places, sizes, strict=True)]
    return int(np.ravel_multi_index(inside, sizes)) if inside else 0


def _part(viewer: Viewer, layer: Image, seen: Seen, depth: str, most: int, deep: int) -> Source:
    whole = Source.of(layer)
    shape = whole.placed.data.shape
    here = np.rint(layer.world_to_data(viewer.dims.point)[-layer.ndim :]).astype(int)
    window = [
        _depth_window(seen[:, axis], here[axis], shape[axis], deep)
        if letter == depth and axis < layer.ndim
        else _window(letter, seen[:, axis], here[axis], shape[axis], most)
        if axis < layer.ndim
        else slice(0, shape[axis])
        for axis, letter in enumerate(whole.axes)
    ]
    return cropped(whole, layer, window)


def _corners(layer: Image) -> Seen:
    """First and last pixel seen along each axis, of the finest level."""
    corners = np.asarray(layer.corner_pixels, float)
    if layer.multiscale:
        corners *= np.asarray(layer.downsample_factors)[layer.data_level][: layer.ndim]
    return corners


def _window(letter: str, seen: Seen, here: int, size: int, most: int) -> slice:
    """Along one axis: of the plane what is seen, of the channels all, of a stack the place one is at."""
    if letter == "C":
        return slice(0, size)
    low, high = int(seen[0]), int(seen[1]) + 1
    shown = high - low > 1
    if letter not in "YX":
        at = (low + high) // 2 if shown else here
        return slice(min(max(at, 0), size - 1), min(max(at, 0), size - 1) + 1)
    middle = (low + high) // 2 if shown else here
    length = min(size, max(LEAST, min(most, high - low if shown else most)))
    start = min(max(middle - length // 2, 0), size - length)
    return slice(start, start + length)


def _depth_window(seen: Seen, here: int, size: int, deep: int) -> slice:
    """Of a volume the planes around the one that is seen."""
    low, high = int(seen[0]), int(seen[1]) + 1
    middle = (low + high) // 2 if high - low > 1 else here
    length = min(size, deep)
    start = min(max(middle - length // 2, 0), size - length)
    return slice(start, start + length)


def cropped(whole: Source, layer: Image, window: list[slice]) -> Source:
    """The part of an image, moved so that it lies where it was."""
    corner = np.array([part.start for part in window[: layer.ndim]], float)
    to_world = whole.placed.to_world.copy()
    shift = to_world[:-1, :-1] @ corner
    to_world[:-1, -1] += shift
    # The layer's translation comes before its affine transform, which would otherwise move the shift as well.
    outer = np.asarray(layer.affine.linear_matrix)
    translate = np.asarray(whole.display["translate"]) + np.linalg.solve(outer, shift)
    placed = dataclasses.replace(whole.placed, data=whole.placed.data[tuple(window)], to_world=to_world)
    return dataclasses.replace(
        whole, placed=placed, display={**whole.display, "translate": translate}, window=tuple(window)
    )


def place_words(source: Source, index: Sequence[int | slice]) -> str:
    """Where a plane of an image lies in its stack, as napari counts: "t 5 · z 2"; empty for a single image."""
    corner = [part.start for part in source.window] or [0] * len(source.axes)
    places = zip(source.axes, index, corner, strict=False)
    return " · ".join(f"{axis.lower()} {at + start}" for axis, at, start in places if isinstance(at, int))


def words_of(part: Source) -> str:
    """Which plane of a stack a part lies on, as napari counts: "t 3 · z 0"; empty for the only one."""
    places = zip(part.axes, part.window, part.placed.data.shape, strict=True)
    return " · ".join(f"{axis.lower()} {at.start}" for axis, at, size in places if size == 1 and axis not in "YXCS")
