"""A workflow for one image as text that can be run: a command line, a Python program."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Iterator, Mapping
from typing import Any

from napari_deep_prior.core.parameters import Parameter, Parameters, parameters_of
from napari_deep_prior.core.settings import Settings
from napari_deep_prior.core.tasks import TASKS, AbstractTask
from napari_deep_prior.workflows.workflow import Workflow

_NOT_REPEATABLE = {"SECONDS", "REQUESTED"}
"""Names of reasons that depend on the speed of the day, or on a person."""


def as_command(workflow: Workflow, image: str, output: str) -> str:
    """A command line for this system's shell."""
    arguments = ["napari-deep-prior", workflow.task, image, "--output", output]
    for name, path in workflow.companions.items():
        arguments += [_flag(name), path]
    arguments += ["--axes", workflow.axes] if workflow.axes else []
    arguments += ["--dtype", workflow.dtype] if workflow.dtype != "auto" else []
    for values in (workflow.parameters, workflow.settings):
        for name, value in values.items():
            arguments += _option(name, value)
    return subprocess.list2cmdline(arguments) if os.name == "nt" else shlex.join(arguments)


def as_python(workflow: Workflow, image: str) -> str:
    """A Python program that leaves the restored array in `result.image`."""
    task = TASKS[workflow.task]
    readers, given = _given(workflow, task)
    file = Settings(**workflow.settings).network_file
    said = {name: value for name, value in workflow.settings.items() if file is None or value != file}
    settings = ", ".join(f"{name}={value!r}" for name, value in said.items())
    more = f", axes={workflow.axes!r}" if workflow.axes else ""
    more += "" if file is None else f", network=read_network({file!r})"
    imported = sorted((task.__name__, "Settings", "restore", *([] if file is None else ["read_network"])))
    return (
        f"from napari_deep_prior import {', '.join(imported)}\n"
        f"from napari_deep_prior.files import {', '.join(sorted({'read', *readers.values()}))}\n\n"
        f"image = read({image!r}).array\n"
        f"task = {task.__name__}({', '.join(given)})\n"
        f"settings = Settings({settings})\n"
        f"result = restore(image, task{more}, settings=settings)\n"
        "print(result.reason.value)\n"
    )


def _given(workflow: Workflow, task: type[AbstractTask]) -> tuple[dict[str, str], list[str]]:
    """The function that reads each companion, and the arguments of the task."""
    masks = [p.name for p in parameters_of(task) if p.layer is not None and p.layer.kind == "labels"]
    readers = {name: "read_labels" if name in masks else "read" for name in workflow.companions}
    given = [f"{name}={readers[name]}({path!r}).array" for name, path in workflow.companions.items()]
    return readers, given + [f"{name}={value!r}" for name, value in workflow.parameters.items()]


def changed(cls: type[Parameters], values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of `cls` that must be said: those that are not at their defaults, and sizes of pixels that count.

    Left out, a size would be taken from the file. Names that `cls` does not have are passed over.
    """
    declared = {parameter.name: parameter for parameter in parameters_of(cls) if parameter.layer is None}
    known = {name: value for name, value in values.items() if name in declared}
    return {name: value for name, value in known.items() if _must_be_said(declared[name], value, known)}


def _must_be_said(parameter: Parameter, value: Any, values: Mapping[str, Any]) -> bool:
    counts = parameter.only_if is None or parameter.only_if.holds(values)
    return bool(value != parameter.default or (parameter.unit is not None and parameter.unit.along and counts))


def settings_of_record(record: Mapping[str, Any]) -> tuple[dict[str, Any], bool]:
    """The settings that repeat a recorded run's steps, and whether they surely do.

    A run that the clock or a person ended becomes one with that number of steps. Where several planes of a stack ended
    so, each after another number of steps, no settings can say it; `replay` repeats them.
    """
    planes = [plane for plane in record["planes"] if plane["iterations"]]
    cut_short = [plane for plane in planes if plane["reason"] in _NOT_REPEATABLE]
    precision = {name: record["device"][name] for name in ("precision",) if name in record["device"]}
    settings = {**record["settings"], **precision, "device": record["device"]["name"]}
    exact = len(planes) == 1 or not cut_short
    if exact:
        settings["seconds"] = "never"
    if exact and cut_short:
        settings["iterations"] = cut_short[0]["iterations"]
        if (
            cut_short[0]["reason"] == "REQUESTED"
        ):  # what a person stopped was not mixed, as nothing is where a method is chosen
            settings["method"] = cut_short[0]["method"]
    return changed(Settings, settings), exact


def _option(name: str, value: Any) -> Iterator[str]:
    if isinstance(value, bool):
        yield _flag(name if value else f"no_{name}")
        return
    yield _flag(name)
    yield from (str(item) for item in (value if isinstance(value, (list, tuple)) else [value]))


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")
