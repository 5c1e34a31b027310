"""What goes with an image, a mask above all, as an array on the image's grid: from a layer of pixels, or from what is drawn."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from napari_deep_prior import files
from napari_deep_prior._napari.layers.drawings import Drawing, is_drawing
from napari_deep_prior._napari.layers.resampling import resample_onto
from napari_deep_prior._napari.layers.source import LayerData, Source, axes_of
from napari_deep_prior.files.picture import Picture, measured

if TYPE_CHECKING:
    from napari.layers import Image, Layer


def placed_of(layer: Layer) -> LayerData | Drawing:
    """A reference to what a layer holds, and where it lies; in the window's thread."""
    return Drawing.of(layer) if is_drawing(layer) else LayerData.of(layer)


def array_on(source: Source, companion: LayerData | Drawing, *, own_grid: bool) -> tuple[NDArray[Any], float]:
    """The array, and the share of the image that it reaches; with `own_grid` as it is.

    Raises
    ------
    ValueError
        If it does not lie over the image.
    """
    if isinstance(companion, Drawing):
        return companion.onto(source.placed, source.axes), 1.0
    if own_grid:
        return np.array(companion.data), 1.0
    matched = resample_onto(companion, source.placed, source.axes)
    return matched.array, matched.coverage


def write_on(image: Image, layer: Layer, path: Path, *, own_grid: bool) -> None:
    """Save what goes with an image as a file that goes with the image's file, replacing what is there.

    Raises
    ------
    OSError, ValueError
        If it does not lie over the image, or cannot be written.
    """
    source = Source.of(image)
    array, _ = array_on(source, placed_of(layer), own_grid=own_grid)
    if own_grid:
        like = measured(array, axes_of(layer.axis_labels, rgb=bool(layer.rgb)), layer.scale, layer.units)
    else:
        letters = [letter for letter in source.axes if letter not in "CS"]
        like = Picture(array=array, axes="".join(letters) if array.ndim == len(letters) else "YX")
    files.write(path, array, like=like, overwrite=True)
