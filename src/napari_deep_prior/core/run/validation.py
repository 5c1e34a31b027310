"""What cannot be restored, said before anything starts."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_deep_prior.core.data.axes import Axes, Index
from napari_deep_prior.core.data.masks import Masks
from napari_deep_prior.core.results import RunError
from napari_deep_prior.core.tasks import AbstractTask

_DIGITS = 1000 * float(np.finfo(np.float32).eps)
"""Smallest range of an image, relative to its largest value, that float32 still resolves a thousandfold."""

_LARGEST = 1e38
"""Largest absolute value that is restored: float32 ends at 3.4e38, and a result may overshoot."""

_SMALLEST_RANGE = 1e-30
"""Smallest range that is restored: below 1e-38 float32 loses digits, and noise is a small fraction of the range."""


def check_planes(image: Any, indices: Sequence[Index], axes: Axes, task_for: Callable[[int], AbstractTask]) -> None:
    """Check every plane of an image in memory; of one on disk only that the companions fit it.

    Raises
    ------
    ValueError
        As `check_plane`, or if no plane has anything to restore.
    """
    task = task_for(0)
    if axes.volume and task.planes_only:
        raise ValueError(
            f"{task.title} works on single planes: switch volume off, and the stack is restored plane by plane."
        )
    task.check(axes.plane_shape(image.shape))
    if not isinstance(image, np.ndarray):
        return
    idle = []
    for number, index in enumerate(indices):
        task, plane = task_for(number), axes.to_cyx(image[index])
        masks = task.masks(plane)
        idle.append(_why_idle(task, plane, masks) if len(indices) > 1 or masks.kept.all() else None)
        with naming_plane(number, len(indices)):
            _check_magnitude(plane[:, masks.known | masks.kept])
            if idle[-1] is None:
                task.check(axes.plane_shape(image.shape))
                _check_companions(plane, task)
                check_plane(plane, masks.known)
    if None not in idle:
        raise ValueError(f"There is nothing to restore in this image: {idle[0]}.")


def _why_idle(task: AbstractTask, plane: NDArray[np.generic], masks: Masks) -> str | None:
    """As `reason_to_skip`, in the task's own words where its companions mark nothing."""
    return (masks.kept.all() and task.nothing_marked()) or reason_to_skip(plane, masks)


def _check_companions(plane: NDArray[np.generic], task: AbstractTask) -> None:
    """A (c, y, x) plane that is its own guide would be drawn as it is, noise included."""
    for name, array in task.companions().items():
        if any(np.array_equal(array, channel) for channel in plane):
            raise ValueError(f"The {name} is the image itself, and says nothing new: choose another one.")


@contextlib.contextmanager
def naming_plane(number: int, planes: int) -> Iterator[None]:
    """Errors about one plane of a stack say which."""
    try:
        yield
    except (ValueError, RunError) as error:
        if planes == 1:
            raise
        raise type(error)(f"Plane {number + 1} of {planes}: {error}") from error


def reason_to_skip(image: NDArray[np.generic], masks: Masks) -> str | None:
    """Why a (c, y, x) plane of a stack can be returned as it is, or None."""
    if masks.kept.all():
        return "the labels mark no pixel"
    values = image[:, masks.known]
    return "all its pixels are alike" if values.size and values.min() == values.max() else None


def flat_channels(image: NDArray[np.generic], known: NDArray[np.bool_], *, share_scale: bool) -> NDArray[np.bool_]:
    """Channels of a (c, [z,] y, x) plane, (c,), whose known pixels are all alike, where others are not: there is nothing to fit.

    None of channels that share one scale, as those of a colour do.
    """
    if share_scale or not known.any():
        return np.zeros(len(image), np.bool_)
    values = image[:, known]
    flat: NDArray[np.bool_] = values.min(axis=1) == values.max(axis=1)
    return flat & ~flat.all()


def check_plane(image: NDArray[np.generic], known: NDArray[np.bool_]) -> None:
    """Refuse a (c, y, x) plane from which nothing can be learnt.

    Raises
    ------
    ValueError
        If no pixel is known, a known pixel is NaN or infinite, or all known pixels are alike.
    """
    _check_finite(image[:, known] if known.any() else image)
    if not known.any():
        raise ValueError("The mask covers the whole image: no known pixel is left to fill in from.")
    values = image[:, known]
    if values.min() == values.max():
        raise ValueError(f"The image is constant: every known pixel is {values.flat[0]}. There is nothing to restore.")
    low, high = float(values.min()), float(values.max())  # differences of whole numbers may exceed their own type
    if high - low < _DIGITS * max(abs(low), abs(high)):
        raise ValueError(
            f"The image's values lie between {values.min()} and {values.max()}: results are float32, which has about seven "
            "digits. Take a constant off the image first."
        )
    if high - low < _SMALLEST_RANGE:
        raise ValueError(
            f"The image's values lie between {low:.3g} and {high:.3g}, too close for float32 numbers, which results are: "
            "multiply the image by a large constant first."
        )


def _check_finite(values: NDArray[np.generic]) -> None:
    bad = int(np.count_nonzero(~np.isfinite(values)))
    if bad:
        raise ValueError(
            f"The image holds {bad} pixels that are NaN or infinite. Mask them (task Inpaint), or replace them by numbers."
        )


def _check_magnitude(values: NDArray[np.generic]) -> None:
    """Refuse values that float32 cannot hold; NaN and infinity are another matter."""
    finite = values[np.isfinite(values)]
    largest = max(-float(finite.min()), float(finite.max())) if finite.size else 0.0
    if largest > _LARGEST:
        raise ValueError(
            f"The image holds values as large as {largest:.3g}: results are float32, which ends at 3.4e38. "
            "Divide the image by a large constant first."
        )
