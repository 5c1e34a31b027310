"""Companion layers of a task: which one has the chooser shared by all tasks, and what its own form shows."""

from __future__ import annotations

from typing import Any

from napari_deep_prior.core.parameters import Parameter, parameters_of

SHARED = "labels"
"""Kind of the companions that share one chooser, always in sight: choosing a layer there also chooses a task that needs one.
Only required companions share it; optional ones are in the form of their task."""


def shared_companion(task: Any) -> Parameter | None:
    """The required companion of a task that is chosen in the shared chooser; None where it has none."""
    layers = (p for p in parameters_of(task) if p.layer is not None and not p.optional)
    return next((p for p in layers if p.layer is not None and p.layer.kind == SHARED), None)


def row_name(parameter: Parameter) -> str:
    """What the form calls a parameter."""
    return (parameter.layer.title if parameter.layer is not None else "") or parameter.name


def own_parameters(task: Any) -> list[Parameter]:
    """The parameters of a task that its own form shows: all but the shared companion."""
    shared = shared_companion(task)
    return [p for p in parameters_of(task) if shared is None or p.name != shared.name]
