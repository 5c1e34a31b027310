"""PlanewiseRestoration: a job whose planes go from file to file one by one, by one process or several."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from napari_deep_prior import files
from napari_deep_prior.core.compute.device import Device
from napari_deep_prior.core.data.stack import fingerprint_of
from napari_deep_prior.core.diagnostics.input_notes import on_settings
from napari_deep_prior.core.results import RunError
from napari_deep_prior.core.run.provenance import record_of
from napari_deep_prior.core.run.shared.kept_network import KeptNetwork
from napari_deep_prior.core.run.shared.part_fit import PartFit
from napari_deep_prior.workflows.inputs.companions import companions_of
from napari_deep_prior.workflows.network_file import network_of
from napari_deep_prior.workflows.notes import from_file, on_clipping, on_input
from napari_deep_prior.workflows.planewise import folder as folders
from napari_deep_prior.workflows.planewise.folder import PartialFolder
from napari_deep_prior.workflows.planewise.sink import DiskSink, ranges_of
from napari_deep_prior.workflows.restore_file import Job, Outcome, Watch, checked_input, origin_of
from napari_deep_prior.workflows.saving import BY_PRODUCTS, check_by_products

_POLL = 5.0
"""Seconds between two looks whether part 1 has learnt."""


class Unfinished(RunError):
    """The run ended before all its planes were done; what is done is kept, and the same command goes on."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PartDone:
    """The planes of this process are done, and others are not; `words` say how many."""

    words: str


class PlanewiseRestoration:
    """A job that has been read and checked, as `restore_file.Restoration`; its planes are never in memory together.

    Parameters
    ----------
    job, picture
        What to restore, and its image, opened lazily.
    why
        Why plane by plane, in words.
    sleep
        Waits for so many seconds.

    Raises
    ------
    OSError, ValueError
        If the job is refused.
    """

    def __init__(
        self, job: Job, picture: files.Picture, *, why: str, sleep: Callable[[float], object] = time.sleep
    ) -> None:
        self.job, self.picture, self._sleep = job, checked_input(job, picture), sleep
        self.dtype = files.output_dtype(job.output, job.dtype, picture.array.dtype)
        files.check_output(job.output, like=self.picture, dtype=self.dtype, overwrite=job.overwrite)
        self._replace = job.overwrite or folders.exists(
            job.output
        )  # a run that was killed at its end has left some of them
        check_by_products(job.by_products, job.output, like=self.picture, overwrite=self._replace)
        sizes, notes = from_file(job.task, dict(job.parameters), self.picture)
        self._task = job.task(**{**sizes, **job.parameters}, **companions_of(job, self.picture))
        self.fit = self._part((), None, None)
        self.shape = self.fit.axes.with_plane(picture.array.shape, self.fit.task.output_shape)
        self._folder = PartialFolder(job.output, self._plan())
        self._writer = self._writer_of("image", job.output, self.dtype)
        self._beside = {name: self._writer_of(name, path, BY_PRODUCTS[name]) for name, path in job.by_products.items()}
        self._drawing: PartFit | None = None
        self._learner: PartFit | None = None
        self._learnt: dict[str, Any] | None = None
        of_task = self.fit.task.notes(self.fit.axes.plane_shape(picture.array.shape))
        went_on = self._open(join=job.resume or job.part is not None) if self._is_first else False
        resumed = [f"The run goes on with {len(self._folder.done())} planes in {self._folder.path}."] if went_on else []
        told = (
            *on_input(self.picture, self.fit.task),
            *on_settings(self.fit.settings, self.fit.axes, picture.array.shape),
        )
        self.notes: tuple[str, ...] = (*told, *notes, *of_task, why, *resumed)
        """What a user should know about how the image was read, and of what goes with it."""

    @property
    def device(self) -> Device:
        """Where it will be computed."""
        return self.fit.device

    @property
    def network(self) -> KeptNetwork:
        """The network that drew the planes, to be kept, whichever run of this output it learnt in. ValueError: there is none."""
        if self._learner is None:
            self._learner = self._part((), self._learnt, None)
        return self._learner.network

    @property
    def _is_first(self) -> bool:
        """Whether this process begins the output and learns for all."""
        return self.job.part is None or self.job.part[0] == 1

    def _open(self, *, join: bool) -> bool:
        return self._folder.open((self._writer, *self._beside.values()), join=join)

    def _writer_of(self, name: str, output: Path, dtype: np.dtype[Any]) -> files.PlaneWriter:
        part = self._folder.place_of(name, output)
        version = self.job.ome_zarr
        writer = files.plane_writer(part, output, like=self.picture, shape=self.shape, dtype=dtype, ome_zarr=version)
        if writer is None:
            raise ValueError(f"{output} is written as a whole only: choose OME-Zarr or TIFF.")
        return writer

    def _sink(self) -> DiskSink:
        return DiskSink(self._folder, self._writer, self.picture.letters, self.dtype, self._beside)

    def _part(self, planes: Sequence[int], learnt: dict[str, Any] | None, sink: DiskSink | None) -> PartFit:
        try:
            return PartFit(
                self.picture.array,
                planes=planes,
                learnt=learnt,
                task=self._task,
                settings=self.job.settings,
                axes=self.picture.axes,
                sink=sink,
                network=network_of(self.job.settings),
            )
        except TypeError as error:  # an image of the wrong type; anywhere else a TypeError is a fault of ours
            raise ValueError(str(error)) from error

    def _plan(self) -> dict[str, Any]:
        """All that decides the bits, and how they are stored.

        Of the pixels some planes are looked at: those of all would take as long as the run.
        """
        indices = self.fit.planes
        digest = hashlib.sha256()
        for number in sorted({0, len(indices) // 2, len(indices) - 1}):
            digest.update(np.ascontiguousarray(self.picture.array[indices[number]]).tobytes())
        array = self.picture.array
        image = {"sha256": digest.hexdigest(), "shape": list(array.shape), "dtype": str(array.dtype)}
        beside = {name: path.suffix for name, path in self.job.by_products.items()}
        written = {"output": str(self.dtype), "by_products": beside, "ome-zarr": self.job.ome_zarr}
        return {**self.fit.origin.for_same_bits(), "image": image, **written}

    def run(self, watch: Watch = iter, draw: Callable[[Sequence[int]], bool] | None = None) -> Outcome | PartDone:
        """Learn, or wait until part 1 has; then restore the planes of this process, and finish where it was the last.

        Parameters
        ----------
        watch
            Draws the snapshots from the fits of this process.
        draw
            Has the planes restored by others; whether somebody stopped it. None: this process does.

        Raises
        ------
        Unfinished
            If it was stopped, or something went wrong that can be mended, such as a full disk.
        ValueError
            If a plane cannot be restored.
        """
        try:
            self._learn(watch)
            stopped = draw(self._own_planes()) if draw is not None else self.draw(self._own_planes(), watch)
        except OSError as error:
            raise Unfinished(f"{error}. {self._how_far()}") from error
        if stopped:
            raise Unfinished(f"Stopped. {self._how_far()}")
        return self.finish()

    def learn(self, watch: Watch = iter) -> None:
        """Decide and learn what holds for all planes, unless that is done."""
        if self._folder.has_learnt:
            return
        fit = self._part((), None, self._sink())
        for _ in watch(fit):
            pass
        if fit.is_stopped:
            raise Unfinished("Stopped while the network learnt: nothing is kept.")
        self._folder.keep_learnt(fit.learnt())
        self._learner = fit

    def _learn(self, watch: Watch) -> None:
        if self._is_first:
            self.learn(watch)
        while not self._folder.has_learnt:
            self._sleep(_POLL)
        if not self._is_first:
            self._open(join=True)

    def _own_planes(self) -> range:
        count, (part, parts) = len(self.fit.planes), self.job.part or (1, 1)
        return range((part - 1) * count // parts, part * count // parts)

    def draw(self, planes: Sequence[int], watch: Watch = iter) -> bool:
        """Restore those of these planes that are not done; whether somebody stopped it."""
        left = [number for number in planes if not self._folder.is_done(number)]
        if not left:
            return False
        if self._drawing is None:
            self._drawing = self._part(left, self._folder.learnt(), self._sink())
        self._drawing.turn_to(left)
        for _ in watch(self._drawing):
            pass
        return self._drawing.is_stopped

    def _how_far(self) -> str:
        return (
            f"{len(self._folder.done())} of {len(self.fit.planes)} planes are done and kept in {self._folder.path}: the same "
            "command with --resume goes on."
        )

    def finish(self) -> Outcome | PartDone:
        """The whole, under its own name and with its record, if all planes are done."""
        count = len(self.fit.planes)
        if not self._folder.path.exists() and os.path.lexists(self.job.output):
            return PartDone(words=f"Another part has finished {self.job.output}.")
        self._learnt = self._folder.learnt()
        marks, sentences = self._folder.marks(), self._learnt["sentences"]
        if len(marks) < count:
            return PartDone(
                words=f"{len(marks)} of {count} planes are done; the part that is last finishes {self.job.output}."
            )
        if foreign := [mark.report.plane for mark in marks if mark.plan != self._folder.plan_hash]:
            raise ValueError(
                f"Plane {foreign[0] + 1} in {self._folder.path} was made in another way: remove this folder."
            )
        array = self.picture.array
        digests = {mark.report.plane: bytes.fromhex(mark.digest) for mark in marks}
        image = fingerprint_of(digests, array.shape, array.dtype)
        record = record_of(self.fit.origin, image, tuple(mark.report for mark in marks), count, sentences)
        text = json.dumps({**record.as_dict(), **origin_of(self.job)}, indent=1)
        try:
            self._writer.finish(text, ranges_of(marks))
            self._publish_by_products()
            files.publish(self._folder.image, self.job.output, record=text, overwrite=self.job.overwrite)
        except FileNotFoundError:  # two parts were the last at the same time
            return PartDone(words=f"Another part has finished {self.job.output}.")
        except OSError as error:
            raise Unfinished(f"{error}. {self._how_far()}") from error
        self._folder.remove()
        clipped = sum(mark.clipped for mark in marks) / math.prod(self.shape)
        return Outcome(record=record, saved=self.job.output, notes=tuple(on_clipping(clipped, self.dtype)))

    def _publish_by_products(self) -> None:
        """Give them their names, before the image has its own; those of a run that was killed here have them already."""
        for name, path in self.job.by_products.items():
            part = self._folder.place_of(name, path)
            if part.exists() or not os.path.lexists(path):
                self._beside[name].finish(None, [])
                files.publish(part, path, record=None, overwrite=self._replace)
