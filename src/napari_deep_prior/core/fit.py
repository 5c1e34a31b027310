"""Fit: the one loop, over the planes of an image and the steps of each; restore(): a Fit run to its end."""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_deep_prior.core import device as devices
from napari_deep_prior.core import noise
from napari_deep_prior.core.arrays import Axes, check_image
from napari_deep_prior.core.plane import PlaneFit, Replay, check_plane
from napari_deep_prior.core.presets import Recipe, precision_of, recipe
from napari_deep_prior.core.provenance import make_record
from napari_deep_prior.core.report import PlaneReport, Record, Result, Snapshot, StopReason
from napari_deep_prior.core.settings import Settings
from napari_deep_prior.core.tasks import TASKS, AbstractTask

_INTERVAL = 0.25
"""Seconds between two snapshots, at least."""

_SHARE = 0.05
"""Share of the time that may go into making snapshots."""


class Fit:
    """One image being restored: iterate over it to run it, plane after plane.

    Parameters
    ----------
    image
        Array of any number of axes; numpy, or anything that has a shape and a dtype and can be indexed
        (dask, zarr), of which one plane at a time is then read.
    task
        What was lost; `Denoise()` unless given.
    settings
        How to fit.
    axes
        One letter per axis, e.g. ``"TYX"``; needed unless the image is 2D. See `Axes`.
    replay
        Per plane, what a record says; see `core.repeat.replay`.
    threads
        Processor threads; as many as PyTorch is set to unless given.

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
        replay: Sequence[Replay] | None = None,
        threads: int | None = None,
    ) -> None:
        self._image = image if hasattr(image, "shape") and hasattr(image, "dtype") else np.asarray(image)
        self.task = TASKS["denoise"]() if task is None else task
        self.settings = Settings() if settings is None else settings
        self.axes = Axes.of(self._image, axes)
        check_image(self._image, self.axes)
        self.planes = self.axes.planes(self._image.shape)
        threads = threads or devices.sensible_threads(math.prod(self._image.shape) // len(self.planes))
        self.device = devices.choose(self.settings.device, precision_of(self.settings), threads)
        self._replay = replay
        self._check_planes()
        self._stop = False
        self._recipe: Recipe | None = None
        self._current: PlaneFit | None = None
        self._reports: list[PlaneReport] = []
        self._restored: NDArray[np.float32] | None = None
        self._uncertainty: NDArray[np.float32] | None = None
        self._hash = hashlib.sha256()
        self._invented = 0.0

    def _check_planes(self) -> None:
        """Everything that can be known to be wrong before the start. Planes on disk are checked when they are read."""
        shape = tuple(self._image.shape)
        in_memory = isinstance(self._image, np.ndarray)
        for index in self.planes if in_memory else self.planes[:1]:
            task = self.task.for_plane(self.axes, shape, index)
            if in_memory:
                plane = self.axes.to_cyx(self._image[index])
                check_plane(plane, task.known(plane))

    def __iter__(self) -> Iterator[Snapshot]:
        """Run, yielding at most a few snapshots a second; the last one of each plane holds its kept image."""
        self._stop = False
        while (plane := self._next_plane()) is not None:
            yield from self._run(plane)
            if plane.reason is StopReason.REQUESTED:
                return

    def _next_plane(self) -> PlaneFit | None:
        """The plane to go on with: the present one if it has budget left, otherwise the next of the stack."""
        if self._current is not None and self._current.reason in (None, StopReason.REQUESTED):
            return self._current
        number = 0 if self._current is None else len(self._reports)
        if number == len(self.planes if self._replay is None else self._replay):
            return None
        with self.device.engaged():
            self._current = self._start(number)
        return self._current

    def _start(self, number: int) -> PlaneFit:
        index = self.planes[number]
        plane = np.asarray(self._image[index])
        self._hash.update(np.ascontiguousarray(plane).tobytes())
        task = self.task.for_plane(self.axes, tuple(self._image.shape), index)
        replay = None if self._replay is None else self._replay[number]
        if self._recipe is None:
            self._recipe = self._decide(plane, task)
        fit = PlaneFit(
            plane,
            self.axes,
            index,
            task,
            self._recipe,
            self.settings.seed,
            self.device,
            before=self._current,
            replay=replay,
        )
        if self._restored is None or self._uncertainty is None:
            # Planes that are not reached stay as they were.
            self._restored = np.asarray(self._image).astype(np.float32)
            self._uncertainty = np.zeros(self._image.shape, np.float32)
        self._invented += fit.invented / len(self.planes)
        return fit

    def _decide(self, plane: NDArray[np.generic], task: AbstractTask) -> Recipe:
        """The recipe for all planes, from the first one's noise: neighbours must not be treated differently."""
        observed = self.axes.to_cyx(plane)
        return recipe(self.settings, noise.measure(observed, task.known(observed)), fills=task.fills)

    def _run(self, plane: PlaneFit) -> Iterator[Snapshot]:
        """One plane to its end, or to the stop. Listeners' time between two snapshots does not count."""
        number = len(self._reports)
        interval = _INTERVAL
        while True:
            with self.device.engaged():
                plane.advance(interval, lambda: self._stop)
                began = time.perf_counter()
                image = plane.preview()
            interval = max(_INTERVAL, (time.perf_counter() - began) / _SHARE)
            if plane.reason is not None:
                self._keep(plane, image, number)
            point = plane.curve[-1] if plane.curve else None
            yield Snapshot(
                plane=number,
                planes=len(self.planes),
                index=plane.index,
                iteration=plane.iteration,
                iterations_left=plane.iterations_left,
                seconds=plane.seconds,
                loss=point.loss if point else float("nan"),
                held_out=point.held_out if point else None,
                image=image,
            )
            if plane.reason is not None:
                return

    def _keep(self, plane: PlaneFit, image: NDArray[np.float32], number: int) -> None:
        """Store a plane that ended. One that was only interrupted is stored again when it ends for good."""
        assert self._restored is not None
        assert self._uncertainty is not None
        self._restored[plane.index] = image
        self._uncertainty[plane.index] = plane.uncertainty()
        if plane.reason is not StopReason.REQUESTED:
            self._reports.append(plane.report(number))

    def stop(self) -> None:
        """End after the present step, keeping the best so far. From any thread."""
        self._stop = True

    def resume(self, iterations: int | None = None, seconds: float | None = None) -> None:
        """Give the present plane a further budget (the same again unless given); then iterate again.

        Raises
        ------
        ValueError
            If nothing has run yet.
        """
        if self._current is None:
            raise ValueError("Nothing has run yet: iterate over the fit first.")
        if self._ended:
            self._reports.pop()
        self._current.extend(iterations, seconds)

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
        plane = self._current
        if plane is None or self._restored is None or self._uncertainty is None or plane.iteration == 0:
            raise ValueError("There is no result yet: iterate over the fit first.")
        reports = list(self._reports)
        restored, uncertainty = self._restored.copy(), self._uncertainty.copy()
        if not self._ended:
            with self.device.engaged():
                restored[plane.index], uncertainty[plane.index] = plane.preview(), plane.uncertainty()
            reports.append(plane.report(len(reports)))
        return Result(
            image=restored,
            uncertainty=uncertainty,
            reason=StopReason[reports[-1].reason],
            curve=reports[-1].curve,
            record=self._record(tuple(reports)),
        )

    def _record(self, reports: tuple[PlaneReport, ...]) -> Record:
        image = self._image
        return make_record(
            task=self.task,
            settings=self.settings,
            axes=self.axes,
            device=self.device,
            image={"sha256": self._hash.hexdigest(), "shape": list(image.shape), "dtype": str(image.dtype)},
            planes=reports,
            invented=self._invented,
        )


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
