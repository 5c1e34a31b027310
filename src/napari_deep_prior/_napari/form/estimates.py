"""How long a run may take and how much memory, said before it starts."""

from __future__ import annotations

import contextlib
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_deep_prior._napari.layers.source import axes_of, finest
from napari_deep_prior._napari.widgets.wording import duration
from napari_deep_prior.core.parameters import parameters_of

if TYPE_CHECKING:
    from napari.layers import Image, Layer


def planes_of(layer: Image, settings: Any) -> int:
    """How many fits the image takes; `settings` are those of the engine."""
    from napari_deep_prior.core.data.axes import Axes

    axes = settings.cut(Axes(axes_of(layer.axis_labels, rgb=bool(layer.rgb))))
    return math.prod(finest(layer).shape[axis] for axis in axes.stack)


def forecast(settings: Any, planes: int) -> str:
    """The longest it takes, in words; `settings` are those of the engine."""
    from napari_deep_prior.core.methods.presets import seconds_per_plane

    seconds = seconds_per_plane(settings)
    several = f"{planes} planes, " if planes != 1 else ""
    each = " each" if planes != 1 else ""
    if math.isfinite(seconds):
        return f"{several}at most {duration(seconds * planes)}; it may end sooner.".capitalize()
    if isinstance(settings.iterations, int):
        return f"{several}at most {settings.iterations} steps{each}, without a time limit.".capitalize()
    return f"{several}no time limit: press Stop when you like what you see.".capitalize()


def memory_words(task: Any, values: dict[str, Any], layer: Image, settings: Any) -> str:
    """What one plane of the image takes at the peak, in words; a warning where that is more than there is.

    Empty where it cannot be told yet, as while something is still to be chosen.
    """
    from napari_deep_prior.core.compute.memory import available_bytes
    from napari_deep_prior.core.diagnostics.forecast import forecast_bytes

    with contextlib.suppress(ValueError, TypeError):
        plane = _plane_shape(layer)
        layers = {p.name: values.get(p.name) for p in parameters_of(task) if p.layer is not None and not p.optional}
        layers |= {name: value for name, value in values.items() if hasattr(value, "data_to_world")}
        given = {name: _stand_in(companion, plane) for name, companion in layers.items()}
        least, most, device = forecast_bytes(task(**{**values, **given}), plane, settings)
        there = available_bytes(device)
        words = f"Takes {_size(least, most)} of memory"
        if there is None:
            return f"{words}."
        if least > there:
            return f"{words}, but there are {there / 1e9:.1f} GB: crop the image, or choose the preset 'fast'."
        return f"{words}; there are {there / 1e9:.0f} GB."
    return ""


def _size(least: int, most: int) -> str:
    """In round numbers: it is an estimate."""
    name, unit = ("GB", 1e9) if most >= 1e9 else ("MB", 1e6)
    low, high = (f"{float(f'{bytes_ / unit:.2g}'):g}" for bytes_ in (least, most))
    return f"about {high} {name}" if low == high else f"{low} to {high} {name}"


def _plane_shape(layer: Image) -> tuple[int, ...]:
    from napari_deep_prior.core.data.axes import Axes

    shape, axes = finest(layer).shape, Axes(axes_of(layer.axis_labels, rgb=bool(layer.rgb)))
    channels = 1 if axes.channel is None else shape[axes.channel]
    return (channels, *(shape[axes.letters.index(letter)] for letter in "YX"))


def _stand_in(layer: Layer | None, plane: tuple[int, ...]) -> Any:
    """A small companion is read; for one like the image its shape says enough."""
    if layer is None:
        return np.broadcast_to(np.uint8(0), plane[1:])
    data = finest(layer)
    return (
        np.asarray(data) if math.prod(data.shape) < math.prod(plane) / 16 else np.broadcast_to(np.uint8(0), plane[1:])
    )
