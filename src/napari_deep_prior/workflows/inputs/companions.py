"""Files that go with an image, such as a mask: read, checked, and brought into its order of axes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_deep_prior import files
from napari_deep_prior.core.parameters import parameters_of

if TYPE_CHECKING:
    from napari_deep_prior.workflows.restore_file import Job

_SAME_SIZE = 0.02
"""Relative difference up to which two sizes of pixels are the same, rounded in one of the files."""


def companions_of(job: Job, picture: files.Picture) -> dict[str, Any]:
    """The arrays that go with the image, by parameter name; raises as `Restoration`."""
    layers = {parameter.name: parameter.layer for parameter in parameters_of(job.task)}
    arrays = {}
    for name, path in job.companions.items():
        layer = layers[name]
        reader = files.read_labels if layer is not None and layer.kind == "labels" else files.read
        companion = reader(path)
        if layer is not None and layer.own_grid:
            _check_same_scale(name, companion, picture)
        arrays[name] = _in_order_of(companion, picture)
    return arrays


def _check_same_scale(name: str, companion: files.Picture, picture: files.Picture) -> None:
    """Refuse what does not lie over the image and has pixels of another size, where both files say theirs."""
    for letter in "ZYX":
        sizes = [found.pixel_size[letter] for found in (companion, picture) if letter in found.pixel_size]
        lengths = [length for size in sizes if (length := size.in_unit("nm")) is not None]
        if len(lengths) == 2 and abs(lengths[0] - lengths[1]) > _SAME_SIZE * lengths[1]:
            own, other = (f"{size.size:g} {size.unit}" for size in sizes)
            raise ValueError(
                f"A pixel of the {name} is {own} along {letter}, one of the image {other}: resample the {name} to the image's, or "
                "correct the size in its file."
            )


def _in_order_of(companion: files.Picture, picture: files.Picture) -> np.ndarray[Any, Any]:
    """The companion's array, its axes brought into the image's order where both files name the same ones."""
    wanted = [letter for letter in picture.axes or "" if letter in (companion.axes or "")]
    array: np.ndarray[Any, Any] = companion.array
    in_order = len(wanted) == array.ndim
    return array.transpose([str(companion.axes).index(letter) for letter in wanted]) if in_order else array
