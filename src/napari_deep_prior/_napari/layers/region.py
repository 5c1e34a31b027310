"""What the user sees of an image: a crop of it that lies exactly where it lies, for a try of a few seconds."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from napari_deep_prior._napari.layers.source import Source

if TYPE_CHECKING:
    from napari.viewer import Viewer

    from napari.layers import Image

TRIED = "This was a try on what you see. Run restores the whole image."
"""What is said when a try has ended."""

MOST, LEAST = 256, 64
"""Pixels a side that are tried, at most and, where the image has them, at least."""

DEEP = 16
"""Planes of a volume that are tried at most."""


def visible_region(viewer: Viewer, layer: Image, depth: str = "") -> Source:
    """The middle of what is seen of a layer, on one plane of it; with `depth`, the letter of that axis, on a few planes."""
    whole = Source.of(layer)
    shape = whole.placed.data.shape
    seen = _corners(layer)
    here = np.rint(layer.world_to_data(viewer.dims.point)[-layer.ndim :]).astype(int)
    window = [
        _depth_window(seen[:, axis], here[axis], shape[axis])
        if letter == depth and axis < layer.ndim
        else _window(letter, seen[:, axis], here[axis], shape[axis])
        if axis < layer.ndim
        else slice(0, shape[axis])
        for axis, letter in enumerate(whole.axes)
    ]
    return cropped(whole, layer, window)


def _corners(layer: Image) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """First and last pixel seen along each axis, of the finest level."""
    corners = np.asarray(layer.corner_pixels, float)
    if layer.multiscale:
        corners *= np.asarray(layer.downsample_factors)[layer.data_level][: layer.ndim]
    return corners


def _window(letter: str, seen: np.ndarray[tuple[int, ...], np.dtype[np.float64]], here: int, size: int) -> slice:
    """Along one axis: of the plane what is seen, of the channels all, of a stack the place one is at."""
    if letter == "C":
        return slice(0, size)
    low, high = int(seen[0]), int(seen[1]) + 1
    shown = high - low > 1
    if letter not in "YX":
        at = (low + high) // 2 if shown else here
        return slice(min(max(at, 0), size - 1), min(max(at, 0), size - 1) + 1)
    middle = (low + high) // 2 if shown else here
    length = min(size, max(LEAST, min(MOST, high - low if shown else MOST)))
    start = min(max(middle - length // 2, 0), size - length)
    return slice(start, start + length)


def _depth_window(seen: np.ndarray[tuple[int, ...], np.dtype[np.float64]], here: int, size: int) -> slice:
    """Of a volume the planes around the one that is seen."""
    low, high = int(seen[0]), int(seen[1]) + 1
    middle = (low + high) // 2 if high - low > 1 else here
    length = min(size, DEEP)
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
    return dataclasses.replace(whole, placed=placed, display={**whole.display, "translate": translate})
