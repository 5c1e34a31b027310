"""Read, fit, save one file: no terminal."""

from __future__ import annotations

from typing import Any

from napari_deep_prior import files
from napari_deep_prior.core.results import Result, RunError
from napari_deep_prior.core.run.fit import Fit


def _aligned(companion: files.Picture, picture: files.Picture) -> Any:
    """The companion's array, its axes brought into the image's order where both files name the same ones."""
    wanted = [letter for letter in picture.axes or "" if letter in (companion.axes or "")]
    if len(wanted) != companion.array.ndim:
        return companion.array
    return companion.array.transpose([str(companion.axes).index(letter) for letter in wanted])


def _finished(fit: Fit) -> Result | None:
    """What a run that failed had done: its finished planes, the others as they were; None where there is none."""
    try:
        return fit.result
    except (RunError, ValueError):
        return None
