"""Fit: the one loop, over the planes of an image and the steps of each; restore(): a Fit run to its end."""

from __future__ import annotations

import contextlib
import dataclasses
import math
import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_deep_prior.core.compute import device as devices
from napari_deep_prior.core.data.axes import Axes, check_image
from napari_deep_prior.core.data.masks import Masks
from napari_deep_prior.core.data.piece import Piece
from napari_deep_prior.core.data.stack import PlaneStack
from napari_deep_prior.core.plain_values import from_plain
from napari_deep_prior.core.results import PlaneReport, PlannedSteps, Result, RunError, Snapshot, StopReason
from napari_deep_prior.core.run.arguments import as_image, check_arguments
from napari_deep_prior.core.run.budget import check_further
from napari_deep_prior.core.run.plan import Plan, check_preset, plan_for
from napari_deep_prior.core.run.plane_fit import PlaneFit
from napari_deep_prior.core.run.prepare_plane import prepare_plane
from napari_deep_prior.core.run.provenance import Origin, make_result, skipped_report
from napari_deep_prior.core.run.throttle import Clock, SnapshotThrottle
from napari_deep_prior.core.run.validation import check_planes, flat_channels, naming_plane, reason_to_skip
from napari_deep_prior.core.settings import Settings
from napari_deep_prior.core.tasks import AbstractTask
from napari_deep_prior.core.tasks.denoise import Denoise


class Fit:
    """One image being restored: iterate over it to run it, plane after plane.

    Parameters
    ----------
    image
        Array of any number of axes; or what has a shape and a dtype and can be indexed (dask, zarr): read a plane at a time.
    task
        What was lost; `Denoise()` unless given.
    settings
        How to fit.
    axes
        One letter per axis, e.g. ``"TYX"``; needed unless the image is 2D. See `Axes`.
    replay
        Per plane, the steps that a record tells; see `core.run.reproduce.replay`.
    threads
        Processor threads; as many as PyTorch is set to unless given.
    clock
        Tells the time in seconds; budgets are counted by it.

    Raises
    ------
    TypeError, ValueError
        On construction, if the image, its axes, the task's companions or the settings cannot be used.
    RunError
        While iterating, if the run cannot go on.

    Examples
    --------
    >>> fit = Fit(image, Denoise(), Settings(seconds=20))  # doctest: +SKIP
    >>> for snapshot in fit:  # doctest: +SKIP
    ...     show(snapshot.image)
    >>> fit.result.image  # doctest: +SKIP
    """

    def __init__(
        self,
        image: Any,
        task: AbstractTask | None = None,
        settings: Settings | None = None,
        *,
        axes: Axes | str | None = None,
        replay: Sequence[PlannedSteps] | None = None,
        threads: int | None = None,
        clock: Clock = time.perf_counter,
    ) -> None:
        image = as_image(image)
        check_arguments(task, settings, axes, threads)
        self.task = Denoise() if task is None else task
        self.settings = Settings() if settings is None else settings
        found = Axes.of(image, axes)
        if self.task.wants_volume() and found.depth is not None:
            self.settings = dataclasses.replace(self.settings, volume=True)
        check_preset(self.task, self.settings)
        self.axes = self.settings.cut(found)
        check_image(image, self.axes)
        self._stack = PlaneStack(image, self.axes, self.task.output_shape)
        self.planes = self._stack.indices
        threads = threads or devices.sensible_threads(math.prod(image.shape) // len(self.planes))
        self.device = devices.choose(self.settings.device, self.settings.convolution_precision, threads)
        self._replay, self._clock = replay, clock
        check_planes(image, self.planes, self.axes, self._task_for)
        self.origin = Origin.of(self.task, self.settings, self.axes, self.device)
        self._stop = self._stopped = False
        self._iterating = threading.Lock()
        self._plan: Plan | None = None
        self._current: PlaneFit | None = None
        self._reports: list[PlaneReport] = []

    def _task_for(self, number: int) -> AbstractTask:
        return self.task.for_plane(self.axes, tuple(self._stack.image.shape), self.planes[number])

    def __iter__(self) -> Iterator[Snapshot]:
        """Run, yielding at most a few snapshots a second; the last one of each plane holds its kept image.

        One loop at a time: a second one, as in another thread, is refused with a RunError. A stop that was asked for before
        the loop ends it after the first step.
        """
        if not self._iterating.acquire(blocking=False):
            raise RunError("This fit is running in another loop or thread already: make a Fit of its own for each.")
        self._stopped = False
        try:
            yield from self._snapshots()
        finally:
            self._stopped, self._stop = self._stop, False
            self._iterating.release()

    def _snapshots(self) -> Iterator[Snapshot]:
        while not (self._stop and self._ended) and (plane := self._next_plane()) is not None:
            with naming_plane(plane.number, len(self.planes)), self._dropping_what_fails():
                yield from self._run(plane)
            if plane.reason is StopReason.REQUESTED:
                return

    def _next_plane(self) -> PlaneFit | None:
        """The plane to go on with: the present one if it has budget left, otherwise the next with something to do."""
        if self._current is not None and not self._ended:
            return self._current
        while (number := len(self._reports)) < len(self.planes if self._replay is None else self._replay):
            with naming_plane(number, len(self.planes)), self._dropping_what_fails():
                piece, pixels, task, masks = self._opened(number)
                idle = reason_to_skip(pixels, masks) if len(self.planes) > 1 else None
                if idle is None:
                    self._current = self._start(piece, pixels, task, masks)
                    return self._current
                self._reports.append(skipped_report(number, idle))
        return None

    def _opened(self, number: int) -> tuple[Piece, NDArray[np.generic], AbstractTask, Masks]:
        """A plane as it is read: with its pixels (c, [z,] y, x), its task, and what that says of them."""
        piece, task = self._stack.piece(number), self._task_for(number)
        pixels = self.axes.to_cyx(piece.read())
        return piece, pixels, task, task.masks(pixels)

    @contextlib.contextmanager
    def _dropping_what_fails(self) -> Iterator[None]:
        """A plane whose fit fails stays as it was, and neither result nor record tell of it: those before it are whole."""
        try:
            yield
        except (RunError, ValueError):
            self._stack.forget_last()
            self._current = None
            raise

    def _start(self, piece: Piece, observed: NDArray[np.generic], task: AbstractTask, masks: Masks) -> PlaneFit:
        flat = flat_channels(observed, masks.known, share_scale="S" in self.axes.letters)
        whole, observed = observed, observed[~flat]
        if self._plan is None:
            plan = self._plan = plan_for(task, self.settings, observed, masks)
        else:
            plan = self._plan.for_plane(task, observed, masks)
        with self.device.engaged():
            plane = prepare_plane(piece, observed, self.axes, task, masks, plan.noise, self.device)
            plane = dataclasses.replace(plane, flat=flat, whole=whole) if flat.any() else plane
            fit = PlaneFit(
                plane,
                plan,
                seed=self.settings.seed,
                before=self._current,
                replay=None if self._replay is None else self._replay[piece.number],
                clock=self._clock,
            )
        self._stack.invented_in[piece.number] = fit.invented
        return fit

    def _run(self, plane: PlaneFit) -> Iterator[Snapshot]:
        """One plane to its end, or to the stop. Listeners' time between two snapshots does not count."""
        throttle = SnapshotThrottle(self._clock)
        while True:
            with self.device.engaged():
                plane.advance(throttle.interval, lambda: self._stop)
                with throttle.timed():
                    picture = plane.picture(best=plane.reason is not None)
                if plane.reason is not None:
                    plane.plane.piece.write(*picture)
            if self._ended:
                self._reports.append(plane.report())
            yield plane.snapshot(picture, len(self.planes))
            if plane.reason is not None:
                return

    def stop(self) -> None:
        """End after the present step, or the first one where none was taken yet, keeping the best so far. From any thread."""
        self._stop = True

    def choose(self, snapshot: Snapshot) -> None:
        """Take an earlier snapshot of this run, with its image, as the result of its plane."""
        self._stack.override(snapshot)

    def resume(self, iterations: int | None = None, seconds: float | None = None, back_to: int | None = None) -> None:
        """Give the present plane a further budget (the same again unless given); then iterate again.

        Where a stack was stopped between two planes, it goes on with the next, each with its own budget. `back_to` goes on
        from an earlier step as if it had just been reached: `iterations` count from there.

        Raises
        ------
        ValueError
            If nothing has run yet, nothing is left to go on with, or a budget is not positive.
        """
        if self._current is None:
            raise ValueError("Nothing has run yet: iterate over the fit first.")
        check_further(iterations, seconds)
        self._stop = False
        if self._ended and len(self._reports) < len(self.planes):
            return
        if self._ended and self._reports[-1].plane != self._current.number:
            raise ValueError("The last plane had nothing to restore: there is nothing to go on with.")
        if self._ended:
            self._reports.pop()
        self._stack.drop_override(self._current.number)
        self._current.extend(iterations, seconds, back_to)

    @property
    def _ended(self) -> bool:
        """Whether the present plane has ended for good."""
        return self._current is not None and self._current.reason not in (None, StopReason.REQUESTED)

    @property
    def result(self) -> Result:
        """The kept image and everything about it; available once the first step is done.

        Raises
        ------
        ValueError
            If nothing has run yet.
        """
        plane, reports = self._current, list(self._reports)
        if plane is not None and not self._ended and plane.iteration > 0:
            with self.device.engaged():
                plane.plane.piece.write(*plane.picture(best=True))
            reports.append(plane.report())
        return make_result(self._stack, reports, self.origin, stopped=self._stop or self._stopped)

    def state_dict(self) -> dict[str, Any]:
        """All that the run has reached, as tensors, arrays, numbers and text. To be asked for between two snapshots."""
        plane = self._current
        return {
            "stack": self._stack.state_dict(),
            "reports": [dataclasses.asdict(report) for report in self._reports],
            "plane": None if plane is None else plane.number,
            "fit": None if plane is None else plane.state_dict(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on where a fit of the same image, task and settings was: the same steps follow. For a fit that has not begun.

        Raises
        ------
        ValueError
            If this one has begun, or the image is another one; it cannot be used then.
        """
        if self._current is not None or self._reports:
            raise ValueError("This fit has begun already: load the state into a new one.")
        self._reports, number = [from_plain(PlaneReport, report) for report in state["reports"]], state["plane"]
        # The first plane that was fitted decides the plan, and the last one goes on.
        first = next((report.plane for report in self._reports if report.iterations > 0), number)
        opened = {}
        for place in range(max(len(self._reports), 0 if number is None else number + 1)):
            plane = self._opened(place)  # all are read, for their fingerprint
            if place in (first, number):
                opened[place] = plane
        self._stack.load_state_dict(state["stack"])
        for plane in opened.values():
            self._current = self._start(*plane)
        if number is None:
            self._current = None
        elif self._current is not None:
            self._current.load_state_dict(state["fit"])


def restore(
    image: Any,
    task: AbstractTask | None = None,
    *,
    axes: Axes | str | None = None,
    settings: Settings | None = None,
) -> Result:
    """Restore an image: a `Fit` run to its end. Parameters and errors as for `Fit`."""
    fit = Fit(image, task, settings, axes=axes)
    for _ in fit:
        pass
    return fit.result
