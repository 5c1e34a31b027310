"""What a user should know of an image before it is restored, or of a result as it was saved."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_deep_prior import files
from napari_deep_prior.core.data.axes import Axes
from napari_deep_prior.core.diagnostics.input_notes import on_image
from napari_deep_prior.core.parameters import Parameter, parameters_of
from napari_deep_prior.core.tasks._base import AbstractTask


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
    yield from on_image(picture.array, Axes(picture.letters), task)


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
