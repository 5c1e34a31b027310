"""Missing pixels: how many of an image were not measured, and how they come back, in words."""

from __future__ import annotations

from typing import Any

import numpy as np

from napari_deep_prior.core.data.axes import Axes
from napari_deep_prior.core.results import Result
from napari_deep_prior.core.tasks import AbstractTask


def missing_words(image: Any, result: Result, task: AbstractTask, axes: Axes) -> str:
    """How many pixels of the restored planes were missing, and how they come back; empty where none were.

    Of an image that is read when asked nothing is told: it would be read once more.
    """
    if not isinstance(image, np.ndarray):
        return ""
    planes, filled, kept, pixels = axes.planes(image.shape), 0, 0, 0
    for report in result.record.planes:
        index = planes[report.plane]
        masks = task.for_plane(axes, image.shape, index).masks(axes.to_cyx(image[index]))
        filled += int((~masks.known & ~masks.kept).sum())
        kept += int((~masks.known & masks.kept).sum())
        pixels += masks.known.size
    if not filled + kept:
        return ""
    one = filled + kept == 1
    parts = [f"{filled} {'is' if filled == 1 else 'are'} filled in"] if filled else []
    parts += [f"{kept} of a blank border {'comes' if kept == 1 else 'come'} back as before"] if kept else []
    share = 100 * (filled + kept) / pixels
    return f"{filled + kept} pixel{' was' if one else 's were'} missing ({share:.2g} %): {', '.join(parts)}."
