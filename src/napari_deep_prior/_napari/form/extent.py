"""How much of the image a run is about: all, the plane one looks at, what is seen, or a try of that."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from napari_deep_prior._napari.form.part_rows import part_words
from napari_deep_prior._napari.layers.region import (
    TRIED,
    number_in_view,
    plane_region,
    stack_region,
    visible_region,
    words_of,
)
from napari_deep_prior._napari.layers.source import BY_PRODUCT, finest
from napari_deep_prior._napari.request import BASIC
from napari_deep_prior._napari.running.prepare import Asked
from napari_deep_prior._napari.widgets.rows import spoken

if TYPE_CHECKING:
    from napari.viewer import Viewer

    from napari_deep_prior._napari.request import RunRequest
    from napari_deep_prior.core.data.axes import Axes
    from napari_deep_prior.core.settings import Settings

WHOLE, PLANE, PART, SEEN = "the whole image", "the plane in view", "a part of the stack", "what is in view"
EXTENTS = (WHOLE, PLANE, PART, SEEN)
"""What may be chosen."""

_NAMED = 3
"""As many changed settings are named."""


def asked_for(
    viewer: Viewer, chosen: RunRequest, axes: Axes, extent: str, places: Mapping[str, slice] | None = None
) -> Asked:
    """A run over so much of the image; `places` says of a part of the stack which one, along each axis."""
    image, depth = chosen.problem.image, _depth(axes)
    sizes = dict(zip(axes.letters, finest(image).shape, strict=True))
    if extent == PART and (place := part_words(places or {}, sizes)):
        part = stack_region(image, places or {})
        first = number_in_view(viewer, image, axes, part.window)
        return Asked(chosen=chosen, part=part, first=first, suffix=place, remark=f"Only {place} was restored.")
    if extent in (WHOLE, PART):
        return Asked(chosen=chosen, first=number_in_view(viewer, image, axes))
    size = max(finest(image).shape)
    part = (
        plane_region(viewer, image, depth)
        if extent == PLANE
        else visible_region(viewer, image, depth, most=size, deep=size)
    )
    place = words_of(part)
    suffix = " · ".join(filter(None, [place, "part" if extent == SEEN else ""]))
    return Asked(
        chosen=chosen, part=part, suffix=suffix, remark=f"Only {extent} was restored{place and f' ({place})'}."
    )


def planes_asked(axes: Axes, shape: Sequence[int], extent: str, places: Mapping[str, slice]) -> int:
    """How many planes a run over so much of an image has."""
    if extent not in (WHOLE, PART):
        return 1
    sizes = {letter: at.stop - at.start for letter, at in places.items()} if extent == PART else {}
    return axes.count([sizes.get(letter, size) for letter, size in zip(axes.letters, shape, strict=True)])


def try_of(viewer: Viewer, chosen: RunRequest, axes: Axes) -> Asked:
    """A try of a few seconds on what is seen, in a layer that says with which settings."""
    part = visible_region(viewer, chosen.problem.image, _depth(axes))
    part = dataclasses.replace(part, metadata={**part.metadata, BY_PRODUCT: "try"})
    suffix = f"try · {settings_in_brief(chosen.settings)}"
    return Asked(chosen=chosen.for_preview(), part=part, suffix=suffix, remark=TRIED, tried=True)


def _depth(axes: Axes) -> str:
    """The letter of the axis along which volumes are restored; empty where planes are."""
    return "" if len(axes.spatial) < 3 else axes.letters[axes.spatial[0]]


def settings_in_brief(settings: Settings) -> str:
    """What tells one try from another: the preset, and what was changed beside it and the time."""
    preset = settings.as_dict()[BASIC[0]]
    usual = type(settings)().as_dict()
    changed = [
        f"{spoken(name).lower()} {value}"
        for name, value in settings.as_dict().items()
        if name not in BASIC and value != usual[name]
    ]
    return ", ".join([str(preset), *changed[:_NAMED], *(["…"] if len(changed) > _NAMED else [])])
