"""What a fit is given: refused in words where it is not what it should be."""

from __future__ import annotations

import numbers
from typing import Any

import numpy as np

from napari_deep_prior.core.data.axes import Axes
from napari_deep_prior.core.parameters import shown
from napari_deep_prior.core.settings import Settings
from napari_deep_prior.core.tasks import AbstractTask

MAX_THREADS = 1024
"""Most processor threads that may be asked for; where the system cannot start as many, the whole process ends."""


def as_image(image: Any) -> Any:
    """The image as an array, or what can be indexed like one (dask, zarr), left as it is.

    Raises
    ------
    TypeError
        If it is an array of another kind than NumPy's, such as a tensor, or a matrix, whose rows are no planes.
    ValueError
        If its size is not known, as that of a dask array after a choice by values.
    """
    found = image if hasattr(image, "shape") and hasattr(image, "dtype") else np.asarray(image)
    if isinstance(found, np.matrix):
        raise TypeError("The image is a numpy.matrix: give np.asarray(image).")
    if not isinstance(found.dtype, np.dtype):
        kind = f"{type(image).__module__.partition('.')[0]}.{type(image).__name__}"
        raise TypeError(f"The image is a {kind}: needs a NumPy array, such as np.asarray(image).")
    if any(size != size for size in found.shape):
        raise ValueError(
            f"The image has the shape {tuple(found.shape)}: compute its size first, by compute_chunk_sizes() of dask."
        )
    return found


def check_arguments(task: object, settings: object, axes: object, threads: object) -> None:
    """Refuse what has the wrong type; None stands for what was left out.

    Raises
    ------
    TypeError, ValueError
        In words: what was given and what is needed.
    """
    if task is not None and not isinstance(task, AbstractTask):
        raise TypeError(f"task = {shown(task)}: needs a task, such as Denoise().")
    if settings is not None and not isinstance(settings, Settings):
        raise TypeError(f"settings = {shown(settings)}: needs Settings, such as Settings(preset='fast').")
    if axes is not None and not isinstance(axes, (str, Axes)):
        raise TypeError(f"axes = {shown(axes)}: needs one letter per axis, such as 'TYX'.")
    if threads is None:
        return
    if isinstance(threads, bool) or not isinstance(threads, numbers.Integral):
        raise TypeError(f"threads = {shown(threads)}: needs a whole number.")
    if not 1 <= int(threads) <= MAX_THREADS:
        raise ValueError(f"threads = {shown(threads)}: needs a whole number >= 1 and <= {MAX_THREADS}.")
