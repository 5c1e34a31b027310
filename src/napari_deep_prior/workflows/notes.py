"""What a user should know of an image before it is restored, or of a result as it was saved."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_deep_prior import files
from napari_deep_prior.core.data.axes import Axes
from napari_deep_prior.core.data.neighbours import context_axis
from napari_deep_prior.core.data.regions import middle
from napari_deep_prior.core.imaging.bad_pixels import find_bad_pixels
from napari_deep_prior.core.noise.estimate import NoiseEstimate
from napari_deep_prior.core.parameters import Parameter, parameters_of
from napari_deep_prior.core.settings import Settings
from napari_deep_prior.core.tasks._base import AbstractTask

_LONE = 0.001
"""Share of pixels unlike all their neighbours, below which whole numbers are labels: a measured image has noise."""

_FAR_OFF, _SEARCHED = 1e-4, 1024
"""Share of pixels far off from which on they are told, as few photons have some; and the side of the middle that is searched for them."""


def from_file(
    task: type[AbstractTask], given: dict[str, Any], picture: files.Picture
) -> tuple[dict[str, float], tuple[str, ...]]:
    """The sizes of pixels that a task asks for, that were not given, and that the file knows; and a note on each."""
    values: dict[str, float] = {}
    defaults = {parameter.name: parameter.default for parameter in parameters_of(task)}
    for parameter in parameters_of(task):
        if parameter.name not in given and _counts(parameter, {**defaults, **given}):
            size = _size_along(parameter, picture)
            if size is not None and parameter.refuses(size) is None:
                values[parameter.name] = size
    units = {p.name: p.unit.name for p in parameters_of(task) if p.unit is not None}
    return values, tuple(f"{name} = {value:g} {units[name]}, as the file says." for name, value in values.items())


def _counts(parameter: Parameter, values: dict[str, Any]) -> bool:
    return parameter.only_if is None or parameter.only_if.holds(values)


def _size_along(parameter: Parameter, picture: files.Picture) -> float | None:
    unit = parameter.unit
    size = None if unit is None else picture.pixel_size.get(unit.along)
    return None if unit is None or size is None else size.in_unit(unit.name)


def on_input(picture: files.Picture, task: AbstractTask) -> Iterator[str]:
    """Notes on an image that was read, for a task that takes it."""
    yield from picture.notes
    if picture.array.dtype.kind in "ui" and _like_labels(picture):
        yield "The image looks like labels or a mask, without any noise: is it the one to restore?"
    if number := _far_off(picture, task):
        yield (
            f"{number} pixels of the first plane differ strongly from their surroundings, as hot pixels and salt and pepper do: mark them "
            "as missing (Find bad pixels in napari's panel makes such a mask), or denoise with noise 'outliers'."
        )


def on_settings(settings: Settings, axes: Axes, shape: Sequence[int]) -> Iterator[str]:
    """Notes on what was asked for and is without effect on an image of these axes."""
    alone = settings.network == "each" or (settings.network == "auto" and axes.count(shape) == 1)
    if settings.adapt and alone:
        yield "adapt is not used: no network is shared that could learn on from each plane."
    if settings.each_channel and "C" not in axes.letters:
        yield f"each channel is not used: the image has no axis C, but {axes.letters}."
    along = settings.context_axis
    if along != "auto" and (alone or context_axis(axes, shape, wanted=along) is None):
        yield f"context axis is not used: needs one network for planes that lie along {along}, at least 3 of them."


def _far_off(picture: files.Picture, task: AbstractTask) -> int:
    """How many pixels in the middle of the first plane are far off, of which the task knows nothing; 0 where they are few."""
    axes, shape = Axes(picture.letters), tuple(picture.array.shape)
    index = axes.planes(shape)[0]
    plane, own = axes.to_cyx(np.asarray(picture.array[index])), task.for_plane(axes, shape, index)
    masks = own.masks(plane)
    here = middle(plane.shape[1:], _SEARCHED)
    known = masks.known[here]
    bad = [find_bad_pixels(channel[here], kinds=("hot", "dead"))[known] for channel in plane]
    number = sum(int(np.count_nonzero(found)) for found in bad)
    if number < max(2, _FAR_OFF * known.size):
        return 0
    noise = own.adjust_noise(NoiseEstimate(sigma=1.0, patches=1, correlation=(1.0, 0.0)), plane, masks)
    return 0 if noise.outliers else number


def _like_labels(picture: files.Picture) -> bool:
    """Whether (nearly) each pixel has a neighbour of the same value, and there is more than one value."""
    axes = picture.letters
    plane = tuple(slice(None) if letter in "YX" else 0 for letter in axes)
    image = np.asarray(picture.array[plane])  # its first plane: the whole may not fit into memory
    image = image if axes.index("Y") < axes.index("X") else image.T
    if min(image.shape) < 3 or (image == image.flat[0]).all():
        return False
    padded = np.pad(image, 1, mode="reflect")
    middle = padded[1:-1, 1:-1]
    around = (padded[:-2, 1:-1], padded[2:, 1:-1], padded[1:-1, :-2], padded[1:-1, 2:])
    alike = np.any([middle == other for other in around], axis=0)
    return float(np.mean(~alike)) < _LONE


def on_output(array: NDArray[Any], dtype: np.dtype[Any]) -> Iterator[str]:
    """Notes on a result that is saved in another number type."""
    yield from on_clipping(files.clipped(array, dtype) / max(1, array.size), dtype)


def on_clipping(clipped: float, dtype: np.dtype[Any]) -> Iterator[str]:
    """A note where a fraction of the pixels lay outside of the range of a number type."""
    if clipped > 0:
        limits = np.iinfo(dtype)
        percentage = f"{clipped:.1%}" if clipped >= 0.001 else "Less than 0.1%"
        yield (
            f"{percentage} of the pixels lay outside the range of {dtype}, {limits.min} to {limits.max}, and were set to its "
            "ends: save as float32 to keep them."
        )
