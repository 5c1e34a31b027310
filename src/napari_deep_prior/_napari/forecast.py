"""How long a run may take, said before it starts."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from napari_deep_prior._napari.layers import axes_of, finest
from napari_deep_prior._napari.status import clock

if TYPE_CHECKING:
    from napari.layers import Image


def planes_of(layer: Image) -> int:
    """How many fits the image takes."""
    from napari_deep_prior.core.arrays import Axes

    shape = finest(layer).shape
    return math.prod(shape[axis] for axis in Axes(axes_of(layer.axis_labels, rgb=bool(layer.rgb))).stack)


def forecast(settings: Any, planes: int) -> str:
    """The longest it takes, in words; `settings` are those of the engine."""
    from napari_deep_prior.core.presets import seconds_per_plane

    seconds = seconds_per_plane(settings)
    several = f"{planes} planes, " if planes != 1 else ""
    each = " each" if planes != 1 else ""
    if math.isfinite(seconds):
        return f"{several}at most {clock(seconds * planes)}; it may end sooner.".capitalize()
    if isinstance(settings.iterations, int):
        return f"{several}at most {settings.iterations} steps{each}, without a time limit.".capitalize()
    return f"{several}no time limit: press Stop when you like what you see.".capitalize()
