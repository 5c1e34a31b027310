"""Labelled arrays, as xarray has them: their axes have names, and results keep names, coordinates and attributes.

They are known by what they can do, so that xarray is no dependency.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from napari_deep_prior.core.results import Result


def is_labelled(array: Any) -> bool:
    """Whether its axes have names, and a copy with other values keeps them."""
    return all(hasattr(array, name) for name in ("dims", "coords", "attrs", "copy", "transpose"))


def labelled_like(array: Any, values: Any, *, name: str | None = None) -> Any:
    """Values with the names, coordinates and attributes of an array that covers the same field.

    Parameters
    ----------
    array
        With labels, or without: the values are then returned as they are.
    values
        NumPy's, or what is computed when it is asked for. Where they have finer pixels, their coordinates are in the same field if these
        are evenly spaced, and are left out otherwise.
    name
        What the values are called; None: as the array is.
    """
    if not is_labelled(array):
        return values
    if tuple(values.shape) == tuple(array.shape):
        found = array.copy(data=values)
    else:
        resized = {dim for dim, old, new in zip(array.dims, array.shape, values.shape, strict=True) if old != new}
        coords = {key: coord for key, coord in array.coords.items() if not resized & set(coord.dims)}
        for dim, size in zip(array.dims, values.shape, strict=True):
            if dim in resized and (finer := _finer(array.coords.get(dim), size)) is not None:
                coords[dim] = (dim, finer, array.coords[dim].attrs)
        found = type(array)(values, dims=array.dims, coords=coords, attrs=array.attrs, name=array.name)
    return found if name is None else found.rename(name)


def _finer(coordinate: Any, size: int) -> list[float] | None:
    """Positions of `size` pixels over the same field as evenly spaced ones; None where they are not."""
    if coordinate is None or coordinate.dtype.kind not in "uif" or len(coordinate) < 2:
        return None
    before = [float(value) for value in coordinate.values]
    step = (before[-1] - before[0]) / (len(before) - 1)
    if any(abs(before[0] + i * step - value) > 1e-6 * abs(step) for i, value in enumerate(before)):
        return None
    fine = step * len(before) / size
    return [before[0] + (fine - step) / 2 + i * fine for i in range(size)]


def labelled_result(image: Any, result: Result) -> Result:
    """A result whose arrays have the labels of the image, if it has any."""
    if not is_labelled(image) or is_labelled(result.image):
        return result
    return dataclasses.replace(
        result,
        image=labelled_like(image, result.image),
        uncertainty=labelled_like(image, result.uncertainty, name="uncertainty"),
        invented=labelled_like(image, result.invented, name="invented"),
    )
