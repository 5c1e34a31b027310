"""Workflow: how images are restored, described in a TOML file, for any number of them."""

from __future__ import annotations

import dataclasses
import json
import re
import reprlib
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

from napari_deep_prior import files
from napari_deep_prior.core.parameters import Parameter, parameters_of
from napari_deep_prior.core.settings import Settings
from napari_deep_prior.core.tasks import TASKS

_HEAD = """\
# How to restore images with napari-deep-prior. To run it:
#   napari-deep-prior batch {name} IMAGES... --output FOLDER
# Images whose result is in the folder already are passed over, so an interrupted batch goes on where it was.
# In the path of another file, {{stem}} stands for the image's name without its ending.
# axes are for files that do not say theirs; with override_axes = true they hold for all.
"""

_LARGEST = 2**20
"""Bytes of a workflow file, at most."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Workflow:
    """How each image is restored.

    Attributes
    ----------
    task
        Name of the task, as on the command line.
    parameters
        Of the task; what is left out is at its default.
    companions
        Files that go with the image, such as a mask, by parameter name. ``{name}`` is the image's name, ``{stem}`` that
        without its ending; other braces stand for themselves.
    settings
        How to fit; what is left out is at its default.
    axes
        One letter per axis of files that do not say it.
    override_axes
        Whether these hold also for files that say otherwise, as they say it wrongly.
    dtype
        Numbers in the output, as on the command line.
    """

    task: str
    parameters: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    companions: Mapping[str, str] = dataclasses.field(default_factory=dict)
    settings: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    axes: str | None = None
    override_axes: bool = False
    dtype: files.Dtype = "auto"

    def __post_init__(self) -> None:
        if not _is_text(self.task) or self.task not in TASKS:
            raise ValueError(f"task = {_short(self.task)}: needs one of {', '.join(TASKS)}.")
        declared = {parameter.name: parameter for parameter in parameters_of(TASKS[self.task])}
        companions = {name: parameter for name, parameter in declared.items() if parameter.layer is not None}
        _check_values("parameters", self.parameters, {n: p for n, p in declared.items() if n not in companions})
        _check_values("settings", self.settings, {p.name: p for p in parameters_of(Settings)})
        self._check_companions(companions)
        self._check_files()

    def _check_files(self) -> None:
        """How files are read and written."""
        if self.axes is not None and not _is_text(self.axes):
            raise ValueError(f"axes = {_short(self.axes)}: needs one letter for each axis, such as 'TYX'.")
        if not isinstance(self.override_axes, bool):
            raise ValueError(f"override_axes = {_short(self.override_axes)}: needs true or false.")
        if self.dtype not in get_args(files.Dtype):
            raise ValueError(f"dtype = {_short(self.dtype)}: needs one of {', '.join(get_args(files.Dtype))}.")

    def _check_companions(self, companions: Mapping[str, Parameter]) -> None:
        _check_names("companions", self.companions, set(companions))
        for name, path in self.companions.items():
            if not _is_text(path) or "\0" in path:
                raise ValueError(f"companions: {name} = {_short(path)}: needs the path of a file.")
        needed = {name for name, parameter in companions.items() if parameter.default is dataclasses.MISSING}
        if missing := needed - self.companions.keys():
            raise ValueError(f"companions: task {self.task} needs {', '.join(sorted(missing))}.")

    def companion_paths(self, image: Path, beside: Path) -> dict[str, Path]:
        """The files that go with this image; relative ones lie in the folder `beside`."""
        names = {"{stem}": image.stem, "{name}": image.name}
        return {
            name: beside / re.sub(r"\{(?:stem|name)\}", lambda match: names[match.group()], path)
            for name, path in self.companions.items()
        }


def read_workflow(path: Path) -> Workflow:
    """The workflow that a file describes.

    Raises
    ------
    OSError
        If the file cannot be read.
    ValueError
        If it is no TOML, or describes nothing that can be done; the message names the file.
    """
    try:
        values = tomllib.loads(_text(path))
        _check_names("file", values, {field.name for field in dataclasses.fields(Workflow)})
        if "task" not in values:
            raise ValueError(f"it names no task: needs a line such as task = {next(iter(TASKS))!r}.")
        return Workflow(**values)
    except RecursionError:
        raise ValueError(f"{path}: its values are nested too deep.") from None
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def write_workflow(path: Path, workflow: Workflow) -> None:
    """Save a workflow, with comments that say how to run it."""
    path.write_text(to_toml(workflow, path.name), encoding="utf-8")


def to_toml(workflow: Workflow, name: str) -> str:
    """The text of a workflow file called `name`."""
    values = dataclasses.asdict(workflow)
    if workflow.axes is None:
        del values["override_axes"]  # nothing to override with
    plain = {key: value for key, value in values.items() if not isinstance(value, dict) and value is not None}
    tables = {key: value for key, value in values.items() if isinstance(value, dict) and value}
    lines = _lines(plain)
    for title, table in tables.items():
        lines += ["", f"[{title}]", *_lines(table)]
    return "\n".join([_HEAD.format(name=name), *lines, ""])


def _lines(table: Mapping[str, Any]) -> list[str]:
    """One line a value. Strings, numbers, true and false, and lists of them are written alike in TOML and in JSON."""
    return [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in table.items()]


def _text(path: Path) -> str:
    """The content of a file that can be one."""
    if not path.exists():
        raise FileNotFoundError(f"{path} does not exist.")
    if not path.is_file() or path.stat().st_size > _LARGEST:
        raise ValueError("it is no text file of sensible size.")
    return path.read_text(encoding="utf-8")


def _check_names(where: str, given: Mapping[str, Any], names: set[str]) -> None:
    if not isinstance(given, Mapping):
        raise ValueError(f"{where} = {_short(given)}: needs a table of names and values.")
    for name in given:
        if name not in names:
            raise ValueError(f"{where}: {name!r} is unknown, needs {', '.join(sorted(names)) or 'nothing'}.")


def _check_values(where: str, given: Mapping[str, Any], parameters: Mapping[str, Parameter]) -> None:
    _check_names(where, given, set(parameters))
    for name, value in given.items():
        if needed := parameters[name].refuses(value):
            raise ValueError(f"{name} = {_short(value)}: needs {needed}.")


def _short(value: object) -> str:
    """A value as it was given, cut where it is endless."""
    try:
        return reprlib.repr(value)
    except ValueError:  # a whole number of more digits than Python prints
        return "a number of too many digits"


def _is_text(value: object) -> bool:
    return isinstance(value, str)
