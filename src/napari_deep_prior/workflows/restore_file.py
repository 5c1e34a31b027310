"""One file restored: read, checked, fitted, saved. No terminal and no window, so that any program may call it."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from napari_deep_prior import files
from napari_deep_prior.core.compute.device import Device
from napari_deep_prior.core.diagnostics.input_notes import on_settings
from napari_deep_prior.core.results import Record, Result, RunError, Snapshot, StopReason
from napari_deep_prior.core.run.fit import Fit
from napari_deep_prior.core.run.shared.kept_network import KeptNetwork
from napari_deep_prior.core.settings import Settings
from napari_deep_prior.core.tasks._base import AbstractTask
from napari_deep_prior.workflows import checkpoints
from napari_deep_prior.workflows.executors.executor import Executor
from napari_deep_prior.workflows.inputs.axes import with_axes
from napari_deep_prior.workflows.inputs.companions import companions_of
from napari_deep_prior.workflows.network_file import make_fit
from napari_deep_prior.workflows.notes import from_file, on_input, on_output
from napari_deep_prior.workflows.saving import check_by_products, save_by_products, save_somewhere

Watch = Callable[[Fit], Iterable[Snapshot]]
"""Runs a fit: draws its snapshots, and may show them or stop it in between. `iter` shows nothing."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One file to restore. Plain values: it can be sent to another process.

    Attributes
    ----------
    input, output
        The image, and where the result goes; the ending says the format.
    task
        What was lost.
    parameters
        Of the task, by name; what is left out is at its default, but sizes of pixels are as the file says them.
    companions
        Files that go with the image, such as a mask, by parameter name.
    settings
        How to fit.
    axes
        One letter per axis where the file does not say it.
    override_axes
        Whether they hold also where it says otherwise.
    by_products
        Where its uncertainty and invented pixels go, by these names; what is left out is not saved.
    dtype
        Numbers in the output.
    ome_zarr
        Version of OME-Zarr, where the output or a by-product is one.
    overwrite
        Replace the output, its record and its by-products if they exist.
    keep_unfinished
        Save what was reached by a run that was stopped or failed.
    checkpoints
        Write a checkpoint beside the output from time to time; it is removed when the result is saved.
    resume
        Go on from that checkpoint, where there is one. What an unfinished run has saved as the output is replaced then.
    part
        (i, n): of the planes of a stack, this process restores the i-th of n parts, counted from 1; None: all.
    executor
        Who restores the planes of a stack; None: this process.
    """

    input: Path
    output: Path
    task: type[AbstractTask]
    parameters: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    companions: Mapping[str, Path] = dataclasses.field(default_factory=dict)
    settings: Settings = dataclasses.field(default_factory=Settings)
    axes: str | None = None
    override_axes: bool = True
    by_products: Mapping[str, Path] = dataclasses.field(default_factory=dict)
    dtype: files.Dtype = "auto"
    ome_zarr: files.OmeZarr = files.NEWEST
    overwrite: bool = False
    keep_unfinished: bool = True
    checkpoints: bool = False
    resume: bool = False
    part: tuple[int, int] | None = None
    executor: Executor | None = None

    @property
    def may_replace(self) -> bool:
        """Whether what is there may be replaced by the output: it is the unfinished result where there is a checkpoint."""
        return self.overwrite or (self.resume and checkpoints.exists(self.output))


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a job that was begun.

    Attributes
    ----------
    record
        What reproduces the run.
    saved
        Where the result is; None where it was not saved.
    failure
        What ended the run too early, or hindered the saving, in words; None where all went well.
    stopped
        Whether somebody stopped it.
    notes
        What a user should know about how it was saved.
    """

    record: Record
    saved: Path | None
    failure: str | None = None
    stopped: bool = False
    notes: tuple[str, ...] = ()


class Restoration:
    """A job that has been read and checked: nothing of it can be refused any more, and nothing has been computed yet.

    Parameters
    ----------
    job
        What to restore, and how.
    picture
        Its image, where it was read before.

    Raises
    ------
    OSError, ValueError
        On construction, if a file cannot be read, the output could not be written, or the image, the task's parameters and
        the settings do not go together.
    """

    def __init__(self, job: Job, picture: files.Picture | None = None) -> None:
        self.job = job
        self.picture = checked_input(job, files.read(job.input) if picture is None else picture)
        self.dtype = files.output_dtype(job.output, job.dtype, self.picture.array.dtype)
        files.check_output(job.output, like=self.picture, dtype=self.dtype, overwrite=job.may_replace)
        check_by_products(job.by_products, job.output, like=self.picture, overwrite=job.may_replace)
        sizes, notes = from_file(job.task, dict(job.parameters), self.picture)
        self.fit = _make_fit(job, self.picture, sizes)
        resumed = [checkpoints.go_on(self.fit, job.output)] if job.resume else []
        of_task = self.fit.task.notes(self.fit.axes.plane_shape(self.picture.array.shape))
        self._overwrite = job.may_replace
        self._checkpoints = checkpoints.CheckpointFile(job.output) if job.checkpoints else None
        unused = on_settings(self.fit.settings, self.fit.axes, self.picture.array.shape)
        self.notes: tuple[str, ...] = (*on_input(self.picture, self.fit.task), *unused, *notes, *of_task, *resumed)
        """What a user should know about how the image was read, and of what goes with it."""

    @property
    def device(self) -> Device:
        """Where it will be computed."""
        return self.fit.device

    @property
    def network(self) -> KeptNetwork:
        """The network that drew the image, to be kept. ValueError: there is none."""
        return self.fit.network

    def run(self, watch: Watch = iter) -> Outcome:
        """Fit and save.

        Raises
        ------
        RunError, ValueError
            If the run fails before there is anything to save.
        """
        failure = None
        try:
            self._follow(watch)
        except (RunError, ValueError) as error:
            result = self._finished_planes()
            if result is None or not self.job.keep_unfinished:
                raise
            failure = str(error)
        else:
            result = self.fit.result
        stopped = result.reason is StopReason.REQUESTED
        if stopped and not self.job.keep_unfinished:
            return Outcome(record=result.record, saved=None, stopped=True)
        return self._closed(self._save(result, failure, stopped))

    def _follow(self, watch: Watch) -> None:
        for _ in watch(self.fit):
            if self._checkpoints is not None:
                self._checkpoints.tick(self.fit)

    def _closed(self, outcome: Outcome) -> Outcome:
        """The outcome, without the checkpoint where nothing is left to do."""
        kept = self._checkpoints
        if kept is None:
            return outcome
        if outcome.failure is None and not outcome.stopped:
            kept.remove()
        return outcome if kept.failure is None else dataclasses.replace(outcome, notes=(*outcome.notes, kept.failure))

    def _save(self, result: Result, failure: str | None, stopped: bool) -> Outcome:
        record = result.record
        like = self.picture.for_shape(result.image.shape)
        text = json.dumps({**record.as_dict(), **origin_of(self.job)}, indent=1)

        how: dict[str, Any] = {"like": like, "dtype": self.dtype, "record": text, "ome_zarr": self.job.ome_zarr}

        def write(path: Path) -> None:
            overwrite = self._overwrite and path == self.job.output
            files.write(path, result.image, overwrite=overwrite, **how)

        saved, unsaved = save_somewhere(self.job.output, write)
        beside = save_by_products(
            result, self.job.by_products, like=like, overwrite=self._overwrite, ome_zarr=self.job.ome_zarr
        )
        return Outcome(
            record=record,
            saved=saved,
            failure=" ".join(words for words in (failure, unsaved, beside) if words) or None,
            stopped=stopped,
            notes=tuple(on_output(result.image, self.dtype)),
        )

    def _finished_planes(self) -> Result | None:
        """What a run that failed had done: its finished planes, the others as they were; None where there is none."""
        try:
            return self.fit.result
        except (RunError, ValueError):
            return None


def restore_file(job: Job, watch: Watch = iter) -> Outcome:
    """Read, check, fit and save one file.

    Parameters
    ----------
    job
        What to restore, and how.
    watch
        Draws the snapshots from the fit, to show them or to stop it.

    Raises
    ------
    OSError, ValueError
        If the job is refused, before anything is computed.
    RunError
        If the run fails before there is anything to save.
    """
    return Restoration(job).run(watch)


def origin_of(job: Job) -> dict[str, Any]:
    """Where everything came from, for whoever repeats it; no part of what makes the bits."""
    companions = {name: str(path.resolve()) for name, path in job.companions.items()}
    network = None if job.settings.network_file is None else str(Path(job.settings.network_file).resolve())
    beside = {name: str(path.resolve()) for name, path in job.by_products.items()}
    named = {"companion_files": companions, "network_file": network, "by_product_files": beside}
    return {"source": str(job.input.resolve()), **{name: value for name, value in named.items() if value}}


def checked_input(job: Job, picture: files.Picture) -> files.Picture:
    """The image with its axes; raises ValueError if they are not known, or if the job would write over what was measured."""
    _check_inputs_are_kept(job)
    _check_version(job)
    picture = with_axes(picture, job.axes, override=job.override_axes)
    if (axes := picture.axes) is None:
        raise ValueError(
            f"{job.input} has the shape {picture.array.shape} and does not say which axis is which: "
            "give --axes with one letter for each, such as TZYX, ZYX or YXC."
        )
    if job.axes is None and "Q" in axes and min(picture.array.shape[axes.index(letter)] for letter in "YX") < 2:
        raise ValueError(
            f"{job.input} has the shape {picture.array.shape}, which was read as {axes}, planes of a single row: "
            "give --axes with one letter for each, such as YXC."
        )
    return picture


def _check_inputs_are_kept(job: Job) -> None:
    """Refuse to write over what was measured: the image, what goes with it, and a store in which one of them lies."""
    for target in (job.output, files.sidecar(job.output), *job.by_products.values()):
        if not os.path.exists(target):  # Path.exists raises for long names
            continue
        for name, path in (("input", job.input), *job.companions.items()):
            if os.path.exists(path) and any(target.samefile(part) for part in (path, *path.resolve().parents)):
                raise ValueError(f"{target} is the {name}: choose another name, it is not overwritten.")


def _check_version(job: Job) -> None:
    """Refuse an older OME-Zarr where none is written: it was asked for in vain."""
    if job.ome_zarr != files.NEWEST and not any(map(files.has_versions, (job.output, *job.by_products.values()))):
        raise ValueError(f"ome-zarr = {job.ome_zarr}: {job.output} is none. Choose a name that ends in .ome.zarr.")


def _make_fit(job: Job, picture: files.Picture, sizes: Mapping[str, float]) -> Fit:
    task = job.task(**{**sizes, **job.parameters}, **companions_of(job, picture))
    try:
        return make_fit(picture.array, task, job.settings, axes=picture.axes)
    except TypeError as error:  # an image of the wrong type; anywhere else a TypeError is a fault of ours
        raise ValueError(str(error)) from error
