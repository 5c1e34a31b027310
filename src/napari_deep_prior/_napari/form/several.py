"""One layer or several: which ones are selected, what a run of each is to do, and whether all together may take hours."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from napari_deep_prior._napari.form.estimates import axes_for
from napari_deep_prior._napari.layers.source import KEY, finest
from napari_deep_prior._napari.request import Incomplete
from napari_deep_prior._napari.running.prepare import Asked
from napari_deep_prior._napari.widgets.wording import duration

if TYPE_CHECKING:
    from napari.viewer import Viewer

    from napari_deep_prior._napari.engine import Engine
    from napari_deep_prior._napari.form.run_form import RunForm

NOT_STARTED = "Not started. It takes less with fewer seconds for each plane, or with the plane in view alone."

_LONG = 3600.0
"""Seconds from which on runs are asked about before they start."""


def selected_images(viewer: Viewer, form: RunForm) -> list[Any]:
    """The images that are selected in the list of layers, from the lowest on; no results, and none that goes with the image."""
    selected, beside = viewer.layers.selection, form.problem.companions
    images = [image for image in form.problem.image.choices if KEY not in image.metadata]
    return [image for image in images if image in selected and image not in beside]


def asked_of_each(form: RunForm, images: Sequence[Any]) -> list[Asked]:
    """What a run of each of these images is to do; of the chosen one where there are none, or one.

    Raises
    ------
    Incomplete, ValueError
        If something is still to be chosen, or a value cannot be used; of several, the words begin with the image.
    """
    if len(images) < 2:
        return [form.asked()]
    asked = []
    for image in images:
        form.problem.image.value = image
        try:
            asked.append(form.asked())
        except (Incomplete, ValueError) as refusal:
            raise Incomplete(f"'{image.name}': {refusal}") from refusal
    return asked


def doubt(engine: Engine, asked: Sequence[Asked]) -> str:
    """What is to be asked before runs that may take hours; empty where they may not.

    Raises
    ------
    ValueError
        If the axes leave no plane, or no volume where one is asked for.
    """
    planes, each = sum(_planes(engine, one) for one in asked), asked[0].chosen.settings.seconds_per_plane
    if not _LONG < planes * each < math.inf:
        return ""
    words = f"{planes} plane{'s' if planes > 1 else ''}" + (f" in {len(asked)} layers" if len(asked) > 1 else "")
    return f"{words} of at most {duration(each)} each may take {duration(planes * each)}. Start?"


def _planes(engine: Engine, asked: Asked) -> int:
    """How many planes, or volumes, a run has."""
    image = asked.chosen.problem.image
    data = finest(image) if asked.part is None else asked.part.placed.data
    return axes_for(engine, image, asked.chosen.settings).count(data.shape)
