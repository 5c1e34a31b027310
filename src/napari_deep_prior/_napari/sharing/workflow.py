"""What the form says now, or what a result's record says, as one way to restore one image."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_deep_prior._napari.layers.source import Source
from napari_deep_prior._napari.sharing.share_button import Shared, shared
from napari_deep_prior.core.results import check_schema

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari.viewer import Viewer

    from napari_deep_prior._napari.layers.saved_record import Record
    from napari_deep_prior._napari.request import RunRequest


def from_request(chosen: RunRequest) -> Shared:
    """What Run would do."""
    from napari_deep_prior.workflows.as_text import changed

    problem, settings = chosen.problem, chosen.settings
    source = Source.of(problem.image)
    whole = source.dtype(keep=chosen.output.dtype == "input").kind in "ui"
    values = {
        "task": problem.task.command(),
        "parameters": changed(problem.task, problem.values),
        "settings": changed(type(settings), settings.as_dict()),
        **_kind(source.axes, "input" if whole else "auto"),
    }
    return shared(values, problem.image, problem.companions, problem.task)


def from_record(record: Record, tasks: Mapping[str, Any], viewer: Viewer) -> Shared:
    """What made a result: the same bits again where that can be said in settings.

    Raises
    ------
    ValueError
        If the record is of another schema, or this version does not know the task.
    """
    from napari_deep_prior.workflows.as_text import changed, settings_of_record

    check_schema(record)
    task = record["task"]["name"]
    if task not in tasks:
        raise ValueError(f"The result was made by '{task}', which this version does not have.")
    settings, exact = settings_of_record(record)
    values = {
        "task": task,
        "parameters": changed(tasks[task], record["task"]),
        "settings": settings,
        **_kind(record["axes"], record.get("output", {}).get("dtype", "auto")),
    }
    names = dict(record.get("layers", {"image": "image"}))
    there = {layer.name: layer for layer in viewer.layers}
    layers = {key: there.get(name, name) for key, name in names.items()}
    note = "The clock or you ended its planes, each after other steps: another run will not be quite the same."
    image = layers.pop("image", "image")
    return shared(values, image, layers, tasks[task], notes=() if exact else (note,))


def _kind(axes: str, dtype: str) -> dict[str, str]:
    """A plane says its axes by itself; of anything else files may not."""
    return {"dtype": "input" if dtype == "input" else "auto", **({} if axes == "YX" else {"axes": axes})}
