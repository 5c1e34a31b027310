"""The command that restores one file, made from a task: no task and no setting is named here."""

from __future__ import annotations

import dataclasses
import functools
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, get_type_hints

import tyro
from tqdm import tqdm
from typing_extensions import Doc

from napari_deep_prior import files
from napari_deep_prior.cli.executor_options import Workers, executor_of
from napari_deep_prior.cli.exits import FAILED, fail, say
from napari_deep_prior.cli.progress import KEPT, follow
from napari_deep_prior.core.parameters import Parameter, parameters_of
from napari_deep_prior.core.settings import Settings
from napari_deep_prior.core.tasks._base import AbstractTask
from napari_deep_prior.workflows.executors.dask_workers import draw_on
from napari_deep_prior.workflows.executors.executor import Executor, Kind
from napari_deep_prior.workflows.network_file import to_keep, write_network
from napari_deep_prior.workflows.planewise.begin import begin
from napari_deep_prior.workflows.planewise.restoration import PartDone
from napari_deep_prior.workflows.restore_file import Job, Outcome, Restoration
from napari_deep_prior.workflows.saving import BY_PRODUCTS
from napari_deep_prior.workflows.summary import summary

Flag = tyro.conf.FlagCreatePairsOff[bool]


@dataclasses.dataclass(frozen=True, kw_only=True)
class RestoreCommand:
    """A command that restores one file. `restore_command` adds what its task and the settings declare."""

    task: ClassVar[type[AbstractTask]]

    if TYPE_CHECKING:
        settings: Settings  # added last by `restore_command`, so that the help shows the task's own options before it

    input: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="INPUT"), Doc(f"The image: {files.names()}.")]
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
            "Numbers in OUT. auto: float32 in TIFF and OME-Zarr, those of INPUT in PNG and JPEG. "
            "input: those of INPUT, rounded and held within their range."
        ),
    ] = "auto"
    ome_zarr: Annotated[
        files.OmeZarr,
        Doc(
            "Version in which OME-Zarr is written. 0.4, in Zarr 2: for programs that do not read 0.5; one file a chunk of 512 x 512 pixels."
        ),
    ] = files.NEWEST
    uncertainty: Annotated[
        Path | None,
        tyro.conf.arg(metavar="FILE"),
        Doc("Save the standard deviation of the result too, in its units; TIFF or OME-Zarr."),
    ] = None
    invented: Annotated[
        Path | None,
        tyro.conf.arg(metavar="FILE"),
        Doc("Save too where no measurement stands behind the result, as in holes: 1 there, 0 elsewhere."),
    ] = None
    overwrite: Annotated[Flag, Doc("Replace OUT, its record and what is saved beside it if they exist.")] = False
    resume: Annotated[
        Flag,
        Doc(
            "Go on from OUT.checkpoint, which a run writes every minute and removes when it has saved OUT, or with OUT.partial, in "
            "which stacks larger than memory lie until they are whole: for a run that was killed. Without either the run starts "
            "anew. Give the same INPUT and options as then."
        ),
    ] = False
    keep_network: Annotated[
        Path | None,
        tyro.conf.arg(metavar="FILE"),
        Doc(
            "Keep the network that learns, in a .safetensors file: for other images of the same microscope, which --network FILE then "
            "draws in seconds. Of a single image it draws the result too."
        ),
    ] = None
    part: Annotated[
        str | None,
        tyro.conf.arg(metavar="I/N"),
        Doc(
            "Of the planes of a stack, restore part I of N, for job arrays of a cluster: each job gets the same command but for I. "
            "Part 1 learns for all, and the part that is last finishes OUT. The folder of OUT must be one that all jobs share."
        ),
    ] = None
    scheduler: Annotated[
        str | None,
        tyro.conf.arg(metavar="ADDRESS"),
        Doc("Have the planes of a stack restored by the workers of a dask cluster that runs, such as tcp://host:8786."),
    ] = None
    cluster: Annotated[
        Kind | None,
        Doc(
            "Start a dask cluster for the planes of a stack. local: on this machine; others: jobs of that scheduler, by dask-jobqueue, "
            "which takes their size from its own file of settings."
        ),
    ] = None
    workers: Workers = 2
    quiet: Annotated[Flag, Doc("No progress bar and no summary.")] = False

    def run(self) -> int:
        """Restore the file under a progress bar, and say how it went."""
        restoration = begin(self.job)
        self._say(*restoration.notes, f"Computing on {restoration.device.summary}.")
        if isinstance(restoration, Restoration):
            outcome: Outcome | PartDone = restoration.run(functools.partial(follow, quiet=self.quiet))
        else:
            watch = functools.partial(follow, quiet=self.quiet, ending=KEPT)
            outcome = restoration.run(watch, None if restoration.job.executor is None else self._draw_on_workers)
        if isinstance(outcome, PartDone):
            self._say(outcome.words)
            code = 0
        else:
            code = self._report(outcome)
        if code == 0 and self.keep_network is not None and self._learns:
            network = restoration.network.named(self.input.name)
            write_network(self.keep_network, network, overwrite=self.overwrite)
            self._say(f"Kept the network in {self.keep_network}.")
        return code

    def _draw_on_workers(self, planes: Sequence[int]) -> bool:
        job = self.job
        assert job.executor is not None
        with tqdm(total=len(planes), unit="plane", file=sys.stderr, disable=self.quiet) as bar:
            draw_on(job.executor, job, planes, tell=self._say, progress=bar.update)
        return False

    @property
    def _settings(self) -> Settings:
        if self.keep_network is None:
            return self.settings
        return to_keep(self.settings, self.keep_network, overwrite=self.overwrite or not self._learns)

    @property
    def _learns(self) -> bool:
        """Whether this process keeps the network: of several parts the first, which learns for all."""
        return self.part is None or _part(self.part)[0] == 1

    @property
    def job(self) -> Job:
        """What was asked for."""
        given = {parameter: getattr(self, parameter.name) for parameter in parameters_of(self.task)}
        return Job(
            input=self.input,
            output=self.output,
            task=self.task,
            parameters={
                parameter.name: value
                for parameter, value in given.items()
                if parameter.layer is None and (value is not None or not _from_file(parameter))
            },
            companions={
                parameter.name: path
                for parameter, path in given.items()
                if parameter.layer is not None and path is not None
            },
            settings=self._settings,
            axes=self.axes,
            by_products={name: path for name in BY_PRODUCTS if (path := getattr(self, name)) is not None},
            dtype=self.dtype,
            ome_zarr=self.ome_zarr,
            overwrite=self.overwrite,
            checkpoints=True,
            resume=self.resume,
            part=None if self.part is None else _part(self.part),
            executor=self._executor,
        )

    @property
    def _executor(self) -> Executor | None:
        executor = executor_of(self.scheduler, self.cluster, self.workers)
        if executor is not None and self.part is not None:
            raise ValueError("part, scheduler, cluster: needs one of them at most.")
        return executor

    def _report(self, outcome: Outcome) -> int:
        if outcome.saved is None:
            return fail(FAILED, outcome.failure)
        self._say(*summary(outcome.record), *outcome.notes)
        if outcome.saved != self.output:
            return fail(FAILED, outcome.failure)
        if outcome.failure:
            return fail(FAILED, f"{outcome.failure} The image so far is saved in {outcome.saved}.")
        self._say(f"Saved {outcome.saved} and its record {files.sidecar(outcome.saved)}.")
        return 0

    def _say(self, *lines: str) -> None:
        if not self.quiet:
            say(*lines)


def _part(text: str) -> tuple[int, int]:
    """(i, n) of "i/n".

    Raises
    ------
    ValueError
        If it is no part.
    """
    found = re.fullmatch(r"(\d{1,9})/(\d{1,9})", text.strip())
    part, parts = (int(found[1]), int(found[2])) if found else (0, 0)
    if not 1 <= part <= parts:
        raise ValueError(f"part = {text!r}: needs I/N with I from 1 to N, such as 3/10.")
    return part, parts


def restore_command(task: type[AbstractTask]) -> type[RestoreCommand]:
    """The command of a task, as a dataclass that tyro can fill: the task's companions become paths."""
    hints = get_type_hints(task, include_extras=True)
    fields = [_field(parameter, hints[parameter.name]) for parameter in parameters_of(task)]
    settings = Annotated[Settings, tyro.conf.arg(name="")]
    fields.append(("settings", settings, dataclasses.field(default_factory=Settings)))
    return dataclasses.make_dataclass(
        task.__name__, fields, bases=(RestoreCommand,), namespace={"task": task}, frozen=True, kw_only=True
    )


def _field(parameter: Parameter, hint: Any) -> Any:
    """Name, type and, where it may be left out, default of an option."""
    optional = parameter.default is not dataclasses.MISSING
    if parameter.layer is not None:
        kind: Any = Path | None if optional else Path
        hint = Annotated[kind, tyro.conf.arg(metavar="FILE"), Doc(parameter.doc)]
    elif _from_file(parameter):
        otherwise = f"(default: as the file says, or {parameter.default:g})"
        hint = Annotated[float | None, tyro.conf.arg(help_behavior_hint=otherwise), Doc(parameter.doc)]
        return parameter.name, hint, None
    return (parameter.name, hint, parameter.default) if optional else (parameter.name, hint)


def _from_file(parameter: Parameter) -> bool:
    """Whether the file may say it: the size of a pixel."""
    return parameter.unit is not None and bool(parameter.unit.along)
