"""One way to restore one image, in words that can be run: a command line, a Python program."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Iterator, Mapping
from typing import Any

from napari_deep_prior.core.parameters import Parameters, parameters_of
from napari_deep_prior.core.settings import Settings
from napari_deep_prior.core.tasks import TASKS
from napari_deep_prior.workflows.workflow import Workflow

_BY_HAND = {"SECONDS", "REQUESTED"}
"""Reasons that depend on the speed of the day, or on a person."""


def as_command(way: Workflow, image: str, output: str) -> str:
    """A command line for this system's shell."""
    words = ["napari-deep-prior", way.task, image, "--output", output]
    for name, path in way.companions.items():
        words += [_flag(name), path]
    words += ["--axes", way.axes] if way.axes else []
    words += ["--dtype", way.dtype] if way.dtype != "auto" else []
    for values in (way.parameters, way.settings):
        for name, value in values.items():
            words += _option(name, value)
    return subprocess.list2cmdline(words) if os.name == "nt" else shlex.join(words)


def as_python(way: Workflow, image: str) -> str:
    """A Python program that leaves the restored array in `result.image`."""
    task = TASKS[way.task].__name__
    masks = [p.name for p in parameters_of(TASKS[way.task]) if p.layer is not None and p.layer.kind == "labels"]
    readers = {name: "read_labels" if name in masks else "read" for name in way.companions}
    given = [f"{name}={readers[name]}({path!r}).array" for name, path in way.companions.items()]
    given += [f"{name}={value!r}" for name, value in way.parameters.items()]
    how = ", ".join(f"{name}={value!r}" for name, value in way.settings.items())
    axes = f", axes={way.axes!r}" if way.axes else ""
    return (
        f"from napari_deep_prior import {', '.join(sorted((task, 'Settings', 'restore')))}\n"
        f"from napari_deep_prior.files import {', '.join(sorted({'read', *readers.values()}))}\n\n"
        f"image = read({image!r}).array\n"
        f"task = {task}({', '.join(given)})\n"
        f"settings = Settings({how})\n"
        f"result = restore(image, task{axes}, settings=settings)\n"
        "print(result.reason.value)\n"
    )


def changed(cls: type[Parameters], values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of `cls` that are not at their defaults; names it does not have are passed over."""
    defaults = {p.name: p.default for p in parameters_of(cls) if p.layer is None}
    return {name: value for name, value in values.items() if name in defaults and value != defaults[name]}


def as_recorded(record: Mapping[str, Any]) -> tuple[dict[str, Any], bool]:
    """The settings that take a recorded run's steps again, and whether they surely do.

    A run that the clock or a person ended becomes one of as many steps. Planes of a stack that ended so, each after other
    steps, cannot be said in settings; `replay` repeats them.
    """
    planes = [plane for plane in record["planes"] if plane["iterations"]]
    by_hand = [plane for plane in planes if plane["reason"] in _BY_HAND]
    where = {name: record["device"][name] for name in ("precision",) if name in record["device"]}
    settings = {**record["settings"], **where, "device": record["device"]["name"]}
    exact = len(planes) == 1 or not by_hand
    if exact:
        settings["seconds"] = "never"
    if exact and by_hand:
        settings["iterations"] = by_hand[0]["iterations"]
    return changed(Settings, settings), exact


def _option(name: str, value: Any) -> Iterator[str]:
    if isinstance(value, bool):
        yield _flag(name if value else f"no_{name}")
        return
    yield _flag(name)
    yield from (str(item) for item in (value if isinstance(value, (list, tuple)) else [value]))


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")
