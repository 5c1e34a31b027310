"""The tasks, collected by themselves: each module of this folder defines one final subclass of AbstractTask."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from typing import Any

from napari_deep_prior.core.parameters import shown
from napari_deep_prior.core.tasks._base import AbstractTask


def _collect() -> dict[str, type[AbstractTask]]:
    found: list[type[AbstractTask]] = []
    for module_info in pkgutil.iter_modules(__path__):
        if not module_info.name.startswith("_"):
            module = importlib.import_module(f"{__name__}.{module_info.name}")
            classes = inspect.getmembers(module, inspect.isclass)
            found += [c for _, c in classes if issubclass(c, AbstractTask) and c.__module__ == module.__name__]
    return {task.command(): task for task in sorted(found, key=lambda task: (task.order, task.title))}


__all__ = ["TASKS", "AbstractTask", "task_from_dict"]

TASKS: dict[str, type[AbstractTask]] = _collect()
"""Command name -> task class, in the order in which they are shown."""


def task_from_dict(values: dict[str, Any], **companions: Any) -> AbstractTask:
    """A task from a record: ``{"name": command, **parameters}`` plus its companion arrays.

    Raises
    ------
    ValueError
        If there is no such task, or its parameters are refused.
    """
    name = values.get("name")
    if not isinstance(name, str) or name not in TASKS:
        raise ValueError(f"The task {shown(name)} is unknown to this version: needs one of {', '.join(TASKS)}.")
    parameters = {key: value for key, value in values.items() if key != "name"}
    return TASKS[name].from_dict({**parameters, **companions})
