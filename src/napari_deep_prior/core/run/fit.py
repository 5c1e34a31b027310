"""Fit: the one loop, over the planes of an image and the steps of each."""

from __future__ import annotations

import contextlib
import dataclasses
import math
import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any

from napari_deep_prior.core.compute import device as devices
from napari_deep_prior.core.data.axes import Axes, check_image
from napari_deep_prior.core.data.sink import Sink
from napari_deep_prior.core.data.stack import PlaneStack, Unread
from napari_deep_prior.core.plain_values import from_plain
from napari_deep_prior.core.results import PlaneReport, PlannedSteps, Result, RunError, Snapshot, StopReason
from napari_deep_prior.core.run.arguments import as_image, check_arguments
from napari_deep_prior.core.run.budget import check_further
from napari_deep_prior.core.run.plan import check_preset
from napari_deep_prior.core.run.plane_fit import PlaneFit
from napari_deep_prior.core.run.provenance import Origin, make_result, skipped_report
from napari_deep_prior.core.run.shared.applies import check_network
from napari_deep_prior.core.run.shared.beginnings import Beginnings
from napari_deep_prior.core.run.shared.drawing import Drawing
from napari_deep_prior.core.run.shared.kept_network import KeptNetwork
from napari_deep_prior.core.run.shared.pieces import Pieces, Seen
from napari_deep_prior.core.run.shared.share import network_to_keep
from napari_deep_prior.core.run.throttle import Clock, SnapshotThrottle
from napari_deep_prior.core.run.validation import check_planes, naming_plane
from napari_deep_prior.core.settings import Settings
from napari_deep_prior.core.tasks import AbstractTask
from napari_deep_prior.core.tasks.denoise import Denoise


class Fit:
    """One image being restored: iterate over it to run it, plane after plane.

    Parameters
    ----------
    image
        Array of any number of axes; or what has a shape and a dtype and can be indexed (dask, zarr, xarray): read a plane at a time.
    task
        What was lost; `Denoise()` unless given.
    settings
        How to fit.
    axes
        One letter per axis, e.g. ``"TYX"``; needed unless the image is 2D, or its axes have names (xarray). See `Axes`.
    first
        Number, from 0, of the plane to begin with; the others follow in order, those before it at the end.
    replay
        Per plane, the steps that a record tells; see `core.run.reproduce.replay`.
    threads
        Processor threads; as many as PyTorch is set to unless given.
    clock
        Tells the time in seconds; budgets are counted by it.

    Raises
    ------
    TypeError, ValueError, RunError
        On construction, if the image, its axes, the task or the settings cannot be used; while iterating, if it cannot go on.
    """

    def __init__(
        self,
        image: Any,
        task: AbstractTask | None = None,
        settings: Settings | None = None,
        *,
        axes: Axes | str | None = None,
        first: int = 0,
        replay: Sequence[PlannedSteps] | None = None,
        threads: int | None = None,
        clock: Clock = time.perf_counter,
    ) -> None:
        image = as_image(image)
        check_arguments(task, settings, axes, threads)
        self.task, self.settings = task or Denoise(), settings or Settings()
        found = Axes.of(image, axes)
        if self.task.wants_volume() and found.depth is not None:
            self.settings = dataclasses.replace(self.settings, volume=True)
        check_preset(self.task, self.settings)
        self.axes = self.settings.cut(found)
        check_image(image, self.axes)
        self._stack = PlaneStack(image, self.axes, self.task.output_shape, first=first)
        self.planes = self._stack.indices
        threads = threads or devices.sensible_threads(math.prod(image.shape) // len(self.planes))
        self.device = devices.choose(self.settings.device, self.settings.convolution_precision, threads)
        self._most = len(self.planes if replay is None else replay)
        self._pieces = Pieces(stack=self._stack, axes=self.axes, task=self.task, device=self.device)
        check_planes(image, self.planes, self.axes, self._pieces.task_for)
        self._beginnings = Beginnings(self._pieces, self.settings, replay=replay, clock=clock)
        self.origin = Origin.of(self.task, self.settings, self.axes, self.device)
        self._stop = self._stopped = False
        self._iterating = threading.Lock()
        self._current: PlaneFit | Drawing | None = None
        self._reports: list[PlaneReport] = []

    def drawn_by(self, network: KeptNetwork | None) -> Fit:
        """The same, but a kept network draws the image; see `read_network`. A ValueError where it is for something else."""
        if network is not None:
            check_network(network, self.task, self.settings, self.axes, self._stack.image.shape)
            self._pieces = self._beginnings.pieces = dataclasses.replace(self._pieces, network=network)
            self.origin = dataclasses.replace(self.origin, network=network.used())
        return self

    def __iter__(self) -> Iterator[Snapshot]:
        """Run, yielding at most a few snapshots a second; the last one of each plane holds its kept image.

        One loop at a time: a second one is refused with a RunError. A stop asked for before the loop ends it after the first step.
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
            if plane.reason is StopReason.REQUESTED or (self._learning and self._beginnings.draws_nothing):
                return

    def _next_plane(self) -> PlaneFit | Drawing | None:
        """The plane to go on with: the present one if it has budget left, otherwise the next with something to do."""
        if self._current is not None and not self._ended:
            return self._current
        if self._beginnings.shared is not None and self._learning:
            with self.device.engaged():
                drawing = self._beginnings.shared.finish_learning()
            self._current = drawing if drawing.number == self._next_number else None
            if self._current is not None:
                return self._current
        while (number := self._next_number) is not None:
            with naming_plane(number, len(self.planes)), self._dropping_what_fails():
                seen = self._pieces.see(number)
                if not isinstance(seen, str):
                    self._current = self._start(seen)
                    return self._current
                self._reports.append(skipped_report(number, seen))
                self._stack.pass_over(self._reports[-1])
        return None

    @property
    def _next_number(self) -> int | None:
        """The next plane that nothing was done with yet."""
        return self._stack.order[turn] if (turn := len(self._reports)) < self._most else None

    @contextlib.contextmanager
    def _dropping_what_fails(self) -> Iterator[None]:
        """A plane whose fit fails stays as it was, and neither result nor record tell of it: those before it are whole."""
        try:
            yield
        except (RunError, ValueError) as error:
            if not isinstance(error, Unread):  # of which nothing was taken in
                self._stack.forget(self._next_number)
                self._current = None
            raise

    def _start(self, seen: Seen) -> PlaneFit | Drawing:
        with self.device.engaged():
            if self._beginnings.first is None and (begun := self._beginnings.decide(seen)) is not None:
                return begun
            return self._beginnings.begin(seen)

    def _run(self, plane: PlaneFit | Drawing) -> Iterator[Snapshot]:
        """One plane to its end, or to the stop. Listeners' time between two snapshots does not count."""
        throttle = SnapshotThrottle(self._beginnings.clock)
        while True:
            with self.device.engaged():
                plane.advance(throttle.interval, lambda: self._stop)
                with throttle.timed():
                    picture = plane.picture(best=plane.reason is not None)
            if self._ended and not self._learning:
                report = plane.report()
                self._stack.store(*picture, plane.invented, report)
                self._reports.append(report)
            snapshot = plane.snapshot(picture, len(self.planes))
            stage = "learning" if self._learning and snapshot.stage == "fitting" else snapshot.stage
            yield dataclasses.replace(snapshot, stage=stage, turn=self._stack.turn(plane.number))
            if plane.reason is not None:
                return

    def hand_on_to(self, sink: Sink) -> None:
        """Hand each plane on once it is done, in place of memory. Raises ValueError or TypeError if the sink cannot take the result."""
        self._stack.hand_on_to(sink)

    def stop(self) -> None:
        """End after the present step, or the first one where none was taken yet, keeping the best so far. From any thread."""
        self._stop = True

    def choose(self, snapshot: Snapshot) -> None:
        """Take an earlier snapshot of this run, with its image, as the result of its plane. ValueError: one network draws all planes."""
        self._stack.override(snapshot)

    def resume(self, iterations: int | None = None, seconds: float | None = None, back_to: int | None = None) -> None:
        """Give the present plane a further budget (the same again unless given); then iterate again.

        Where a stack was stopped between two planes, it goes on with the next, each with its own budget. `back_to` goes on
        from an earlier step as if it had just been reached: `iterations` count from there. ValueError: nothing has run yet, nothing is
        left to go on with, or a budget is not positive.
        """
        if self._current is None:
            raise ValueError("Nothing has run yet: iterate over the fit first.")
        check_further(iterations, seconds)
        self._stop = False
        further = (iterations, seconds, back_to) != (None, None, None)
        if self._ended and len(self._reports) < len(self.planes) and not (self._learning and further):
            return
        self._current = self._to_go_on_with(self._current, back_to)
        self._stack.drop_override(self._current.number)
        self._current.extend(iterations, seconds, back_to)

    def _to_go_on_with(self, current: PlaneFit | Drawing, back_to: int | None) -> PlaneFit | Drawing:
        """The plane that a further budget is for: of planes that are drawn, the one in whose fit the network learnt."""
        if (
            self._beginnings.shared is not None
            and isinstance(current, Drawing)
            and (self._ended or back_to is not None)
        ):
            current = self._beginnings.shared.learn_on()
            del self._reports[self._stack.turn(current.number) :]  # they are drawn anew
            self._stack.begin_again_after(current.number)
        elif self._ended and not self._learning:
            if self._reports[-1].plane != current.number:
                raise ValueError("The last plane had nothing to restore: there is nothing to go on with.")
            self._reports.pop()
        return current

    @property
    def _learning(self) -> bool:
        """Whether the present plane is the one in whose fit a network learns that is to draw all."""
        return self._beginnings.shared is not None and self._current is self._beginnings.shared.learner

    @property
    def _ended(self) -> bool:
        """Whether the present plane has ended for good."""
        return self._current is not None and self._current.reason not in (None, StopReason.REQUESTED)

    @property
    def result(self) -> Result:
        """The kept image and everything about it; a ValueError before the first step."""
        plane, reports = self._current, list(self._reports)
        if plane is not None and self._stack.in_memory and plane.iteration and (self._learning or not self._ended):
            with self.device.engaged():
                picture = plane.picture(best=True)
            reports.append(plane.report())
            self._stack.store(*picture, plane.invented, reports[-1])
        notes = () if self._beginnings.shared is None else self._beginnings.shared.sentences
        return make_result(self._stack, reports, self.origin, stopped=self._stop or self._stopped, notes=notes)

    @property
    def network(self) -> KeptNetwork:
        """The network that drew the image, to be kept; see `write_network`. ValueError: it had fits of its own."""
        return network_to_keep(self._beginnings.shared, self.origin, self._stack.fingerprint)

    def state_dict(self) -> dict[str, Any]:
        """All that the run has reached, as tensors, arrays, numbers and text. To be asked for between two snapshots."""
        plane = self._current
        return {
            "stack": self._stack.state_dict(),
            "reports": [dataclasses.asdict(report) for report in self._reports],
            "plane": None if plane is None else plane.number,
            "fit": plane.state_dict() if isinstance(plane, PlaneFit) and not self._learning else None,
            "shared": None if self._beginnings.shared is None else self._beginnings.shared.state_dict(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on where a fit of the same image, task and settings was: the same steps follow. For a fit that has not begun.

        ValueError: this one has begun, or the image is another one; it cannot be used then.
        """
        if self._current is not None or self._reports:
            raise ValueError("This fit has begun already: load the state into a new one.")
        self._reports, number = [from_plain(PlaneReport, report) for report in state["reports"]], state["plane"]
        # The first one that was fitted decides the plan, the last one goes on.
        first = next((report.plane for report in self._reports if report.iterations > 0), number)
        turns = 0 if number is None else self._stack.turn(number) + 1
        seen = self._pieces.see_again(max(len(self._reports), turns), {first, number})
        self._stack.load_state_dict(state["stack"])
        for place, plane in seen.items():
            self._current = self._start(plane)
            if self._beginnings.shared is not None and place == first:
                self._current = self._beginnings.shared.gone_on(state["shared"])
        self._return_to(number, state["fit"])

    def _return_to(self, number: int | None, fit: dict[str, Any] | None) -> None:
        """The present plane as it was then: with its own fit, drawn already, or to be drawn anew."""
        if number is None:
            self._current = None
        elif isinstance(self._current, Drawing) and (turn := self._stack.turn(number)) < len(self._reports):
            self._current.reason = StopReason[self._reports[turn].reason]
        elif isinstance(self._current, PlaneFit) and fit is not None:
            self._current.load_state_dict(fit)
