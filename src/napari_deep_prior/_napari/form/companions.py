"""Layers that go with the image: which of a task's have a chooser for all tasks, and what is left for its own form."""

from __future__ import annotations

from typing import Any

from napari_deep_prior.core.parameters import Parameter, parameters_of

SHARED = "labels"
"""Companions of this kind that a task cannot do without have one chooser for all tasks, always in sight: picking a layer
there picks a task for it. One that may be left out stands in its task's own form."""


def shared_companion(task: Any) -> Parameter | None:
    """The task's companion that the shared chooser serves."""
    layers = (p for p in parameters_of(task) if p.layer is not None and not p.optional)
    return next((p for p in layers if p.layer is not None and p.layer.kind == SHARED), None)


def own_parameters(task: Any) -> list[Parameter]:
    """What is left for the task's own form."""
    shared = shared_companion(task)
    return [p for p in parameters_of(task) if shared is None or p.name != shared.name]
