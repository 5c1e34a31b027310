"""Time and memory that a run may take, said before it starts."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_deep_prior._napari.layers.drawings import is_drawing
from napari_deep_prior._napari.layers.source import axes_of, finest
from napari_deep_prior._napari.widgets.wording import duration
from napari_deep_prior.core.data.axis_names import letter_of
from napari_deep_prior.core.parameters import parameters_of

if TYPE_CHECKING:
    from napari.layers import Image, Layer
    from napari_deep_prior._napari.engine import Engine
    from napari_deep_prior.core.data.axes import Axes
    from napari_deep_prior.core.settings import Settings
    from napari_deep_prior.core.tasks import AbstractTask

UNTOLD = "How much memory it takes cannot be told. Details: Help > Show Logs."


def axes_for(engine: Engine, layer: Image, settings: Settings) -> Axes:
    """The axes of a layer as a run with these settings cuts them into planes or volumes.

    Raises
    ------
    ValueError
        If they leave no plane, or no volume where one is asked for.
    """
    return settings.cut(engine.axes(axes_of(layer.axis_labels, rgb=bool(layer.rgb))))


def axes_words(axes: Axes, shape: Sequence[int], labels: Sequence[str] = ()) -> str:
    """How the axes of a stack are read, "Read as t 12 · z 4: 48 planes of y 128 by x 128"; empty for a single image.

    `labels` are those of the layer.
    """
    sizes = {letter: f"{letter.lower()} {size}" for letter, size in zip(axes.letters, shape, strict=False)}
    stack = [sizes[axes.letters[axis]] for axis in axes.stack]
    if not stack and len(axes.spatial) < 3:
        return ""
    plane = " by ".join(sizes[axes.letters[axis]] for axis in axes.spatial)
    channels = "" if axes.channel is None else f", {sizes[axes.letters[axes.channel]]} together"
    count, kind = axes.count(shape), "planes" if len(axes.spatial) < 3 else "volumes"
    several = f"{' · '.join(stack)}: {count} {kind[:-1] if count == 1 else kind}" if stack else "one volume"
    return " ".join(filter(None, (f"Read as {several} of {plane}{channels}.", _nameless(axes, labels))))


def _nameless(axes: Axes, labels: Sequence[str]) -> str:
    """Which of napari's sliders are meant by letters that no label has; empty where all have one."""
    letters = {axes.letters[axis].lower(): labels[axis] for axis in axes.stack if axis < len(labels)}
    meant = [f"{letter} is {label}" for letter, label in letters.items() if letter_of(label).lower() != letter]
    return f"At the sliders {' and '.join(meant)}: the layer does not name its axes." if meant else ""


def longest(settings: Settings, planes: int) -> float:
    """Seconds that all planes may take; infinite without a limit."""
    return settings.seconds_per_plane * planes


def forecast(settings: Settings, planes: int) -> str:
    """The longest it takes, in words."""
    seconds = settings.seconds_per_plane
    each = " each" if planes != 1 else ""
    if settings.is_instant:
        words = f"Computed in one step, in seconds{each}."
    elif math.isfinite(seconds) and planes > 1 and settings.may_share:
        words = (
            f"At most {duration(seconds)} where one network learns for all of them, and some seconds each to draw; "
            f"at most {duration(longest(settings, planes))} where each needs a fit of its own."
        )
    elif math.isfinite(seconds):
        words = f"At most {duration(longest(settings, planes))}; it may end sooner."
    elif isinstance(settings.iterations, int):
        words = f"At most {settings.iterations} steps{each}, without a time limit."
    else:
        words = "No time limit: press Stop when you like what you see."
    return words if planes == 1 else f"{planes} planes, {words[0].lower()}{words[1:]}"


def memory_words(
    engine: Engine, task: type[AbstractTask], values: Mapping[str, Any], layer: Image, settings: Settings
) -> str:
    """What one plane or volume of the image takes at the peak, in words; a warning where that is more than there is.

    Empty while something is still to be chosen.

    Raises
    ------
    ValueError
        If the axes of the image leave no plane.
    """
    shape = _plane_shape(axes_for(engine, layer, settings), finest(layer).shape)
    try:
        chosen = task(**_without_arrays(task, values, shape))
        engine.choose_device(settings.device, settings.convolution_precision)
    except ValueError:  # Run says what, and the line on the device
        return ""
    try:
        least, most, device = engine.forecast_bytes(chosen, shape, settings)
    except ValueError as error:
        logging.getLogger(__name__).warning("The memory could not be forecast.", exc_info=error)
        return UNTOLD
    words, available = f"Takes {_size(least, most)} of memory", engine.available_bytes(device)
    if available is None:
        return f"{words}."
    if least > available:
        return f"{words}, but there are {available / 1e9:.1f} GB: crop the image, or choose the preset 'fast'."
    return f"Takes {_size(least, most)} of {available / 1e9:.0f} GB of memory."


def _size(least: int, most: int) -> str:
    """Bytes as text with two digits, because they are an estimate."""
    name, unit = ("GB", 1e9) if most >= 1e9 else ("MB", 1e6)
    low, high = (f"{float(f'{bytes_ / unit:.2g}'):g}" for bytes_ in (least, most))
    return f"about {high} {name}" if low == high else f"{low} to {high} {name}"


def _plane_shape(axes: Axes, shape: tuple[int, ...]) -> tuple[int, ...]:
    """(c, y, x), or (c, z, y, x) of a volume."""
    channels = 1 if axes.channel is None else shape[axes.channel]
    return (channels, *axes.plane_shape(shape))


def _without_arrays(task: type[AbstractTask], values: Mapping[str, Any], plane: tuple[int, ...]) -> dict[str, Any]:
    """The values of a task with small arrays in place of its layers."""
    layers = {p.name: values.get(p.name) for p in parameters_of(task) if p.layer is not None and not p.optional}
    layers |= {name: value for name, value in values.items() if hasattr(value, "data_to_world")}
    return {**values, **{name: _stand_in(layer, plane) for name, layer in layers.items()}}


def _stand_in(layer: Layer | None, plane: tuple[int, ...]) -> Any:
    """A small companion is read. For one as large as the image an empty array of its shape is enough."""
    empty = np.broadcast_to(np.uint8(0), plane[1:])
    if layer is None or is_drawing(layer):
        return empty
    data = finest(layer)
    return np.asarray(data) if math.prod(data.shape) < math.prod(plane) / 16 else empty
