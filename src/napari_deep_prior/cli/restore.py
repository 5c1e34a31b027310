"""The command that restores one file, made from a task: no task and no setting is named here."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, get_type_hints

import numpy as np
import tyro
from typing_extensions import Doc

from napari_deep_prior import files
from napari_deep_prior.cli.exits import FAILED, fail
from napari_deep_prior.cli.progress import follow
from napari_deep_prior.core.parameters import parameters_of
from napari_deep_prior.core.results import Result, RunError, StopReason
from napari_deep_prior.core.run.fit import Fit
from napari_deep_prior.core.settings import Settings
from napari_deep_prior.core.tasks._base import AbstractTask
from napari_deep_prior.workflows.restore_file import _aligned, _finished
from napari_deep_prior.workflows.summary import _summary

Flag = tyro.conf.FlagCreatePairsOff[bool]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Restoration:
    """A command that restores one file. `restoration` adds what its task and the settings declare."""

    task: ClassVar[type[AbstractTask]]
    saves_unfinished: ClassVar[bool] = True
    """Whether to save what was reached by a run that was interrupted or failed."""

    if TYPE_CHECKING:
        settings: Settings  # added last by `restoration`, so that the help shows the task's own options before it

    input: Annotated[
        tyro.conf.Positional[Path], tyro.conf.arg(metavar="INPUT"), Doc("The image: TIFF, OME-TIFF, PNG or JPEG.")
    ]
    output: Annotated[
        Path,
        tyro.conf.arg(metavar="OUT"),
        Doc("Where to save; the ending says the format. The record of the run goes to OUT.json."),
    ]
    axes: Annotated[
        str | None,
        tyro.conf.arg(metavar="LETTERS", help_behavior_hint="(default: as the file says)"),
        Doc(
            "What each axis of INPUT is, where the file does not say it or says it wrongly: TZYX, ZYX, YXC. "
            "Y and X are the plane, C or S its channels; other letters are stacks of planes, restored one by one."
        ),
    ] = None
    dtype: Annotated[
        files.Dtype,
        Doc(
            "Numbers in OUT. auto: float32 in TIFF, those of INPUT in PNG and JPEG. "
            "input: those of INPUT, rounded and held within their range."
        ),
    ] = "auto"
    overwrite: Annotated[Flag, Doc("Replace OUT and its record if they exist.")] = False
    quiet: Annotated[Flag, Doc("No progress bar and no summary.")] = False

    def run(self) -> int:
        """Read, check everything, fit, save."""
        picture = self._picture()
        dtype = files.output_dtype(self.output, self.dtype, picture.array.dtype)
        files.check_output(self.output, like=picture, dtype=dtype, overwrite=self.overwrite)
        fit = self._fit(picture)
        self._say(*picture.notes, f"Computing on {fit.device.summary}.")
        try:
            for _ in follow(fit, quiet=self.quiet):
                pass
        except (RunError, ValueError) as error:
            done = _finished(fit)
            if done is None or not self.saves_unfinished:
                raise
            return self._save(done, picture, dtype, but=f"{error} ")
        result = fit.result
        if result.reason is StopReason.REQUESTED and not self.saves_unfinished:
            raise KeyboardInterrupt
        return self._save(result, picture, dtype)

    def _save(self, result: Result, picture: files.Picture, dtype: np.dtype[Any], *, but: str = "") -> int:
        """Save and report; `but` is what ended the run too early."""
        record = result.record.to_json()
        like = picture.on_grid(result.image.shape)
        try:
            files.write(self.output, result.image, like=like, dtype=dtype, record=record, overwrite=self.overwrite)
        except OSError as error:
            return fail(FAILED, f"{but}The result could not be saved: {error}")
        self._say(*_summary(result))
        if but:
            return fail(FAILED, f"{but}The image so far is saved in {self.output}.")
        self._say(f"Saved {self.output} and its record {files.sidecar(self.output)}.")
        return 0

    def _fit(self, picture: files.Picture) -> Fit:
        try:
            return Fit(picture.array, self._task(picture), self.settings, axes=picture.axes)
        except TypeError as error:  # an image of the wrong type; anywhere else a TypeError is a fault of ours
            raise ValueError(str(error)) from error

    def _picture(self) -> files.Picture:
        picture = files.read(self.input)
        axes = self.axes.upper() if self.axes else picture.axes
        if axes is None:
            raise ValueError(
                f"{self.input} has the shape {picture.array.shape} and does not say which axis is which: "
                "give --axes with one letter for each, such as TZYX, ZYX or YXC."
            )
        if self.output.exists() and self.output.samefile(self.input):
            raise ValueError(f"{self.output} is the input: choose another name, the measured image is not overwritten.")
        return dataclasses.replace(picture, axes=axes)

    def _task(self, picture: files.Picture) -> AbstractTask:
        given = {}
        for parameter in parameters_of(self.task):
            value = getattr(self, parameter.name)
            if parameter.layer is not None and value is not None:
                reader = files.read_labels if parameter.layer.kind == "labels" else files.read
                value = _aligned(reader(value), picture)
            given[parameter.name] = value
        return self.task(**given)

    def _say(self, *lines: str) -> None:
        if not self.quiet:
            sys.stderr.write("".join(f"{line}\n" for line in lines))


def restoration(task: type[AbstractTask]) -> type[Restoration]:
    """The command of a task, as a dataclass that tyro can fill: the task's companions become paths."""
    hints = get_type_hints(task, include_extras=True)
    fields: list[Any] = []
    for parameter in parameters_of(task):
        hint: Any = hints[parameter.name]
        optional = parameter.default is not dataclasses.MISSING
        if parameter.layer is not None:
            kind: Any = Path | None if optional else Path
            hint = Annotated[kind, tyro.conf.arg(metavar="FILE"), Doc(parameter.doc)]
        fields.append((parameter.name, hint, parameter.default) if optional else (parameter.name, hint))
    fields.append(
        ("settings", Annotated[Settings, tyro.conf.arg(name="")], dataclasses.field(default_factory=Settings))
    )
    return dataclasses.make_dataclass(
        task.__name__, fields, bases=(Restoration,), namespace={"task": task}, frozen=True, kw_only=True
    )
