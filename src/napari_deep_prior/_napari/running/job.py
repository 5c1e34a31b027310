"""The thread: runs a fit, drops frames nobody can see, reports every failure, lets go of the device."""

from __future__ import annotations

import dataclasses
import logging
import math
import threading
import traceback
from collections.abc import Callable, Generator, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from napari_deep_prior._napari.layers.lazy_stack import Index, LazyStack
from napari_deep_prior._napari.layers.source import whole_shape
from napari_deep_prior._napari.running.failure import describe
from napari_deep_prior._napari.running.messages import Failure, Frame, Outcome
from napari_deep_prior._napari.widgets.wording import fraction_done
from napari_deep_prior.core.data.stack import Unread
from napari_deep_prior.core.results import Diverged, Result, Snapshot, StopReason
from napari_deep_prior.core.run.history import SnapshotHistory
from napari_deep_prior.files import to_dtype

if TYPE_CHECKING:
    from pathlib import Path

    from napari_deep_prior._napari.engine import Engine, FitLike

MEMORY = 256 * 2**20
"""Bytes that the earlier snapshots of a run may take."""

_Said = TypeVar("_Said")

UNREAD = " What was restored until then is kept. Save it, or press Resume to try again from there."


class Job:
    """What the thread works on; outlives the thread, so that a stopped fit can be resumed.

    Two one-bit messages reach it from the window: `stop`, and `frame_drawn` ("send another").

    Parameters
    ----------
    prepare
        Makes the fit; called in the thread, since companions are read there.
    data
        The observed array, or what can be indexed like one.
    dtype
        Of the result layer.
    cautions
        What speaks against any result of this image, in words.
    make_room
        Called in the thread once the fit stands, before it takes memory.
    """

    def __init__(
        self,
        engine: Engine,
        prepare: Callable[[], FitLike],
        data: Any,
        dtype: np.dtype[Any],
        cautions: tuple[str, ...] = (),
        make_room: Callable[[], None] = lambda: None,
    ) -> None:
        self._engine, self._cautions, self._make_room = engine, cautions, make_room
        self._prepare: Callable[[], FitLike] | None = prepare
        self._data = self.observed = data
        self.dtype = dtype
        self.history = SnapshotHistory(MEMORY)
        self._fit: FitLike | None = None
        self._steps: Iterator[Snapshot] | None = None
        self._stepped = self._failed = False
        self._seen: Snapshot | None = None  # the last one that no Stop had come before
        self._stop = threading.Event()
        self.frame_drawn = threading.Event()
        self.begin()

    def begin(self) -> None:
        """Before each start of `frames`, in the window's thread: a Stop pressed from now on counts."""
        self._first_frame, self._failed = True, False
        self._stop.clear()
        self.frame_drawn.set()

    def stop(self) -> None:
        """Ask the fit to end; the result so far is kept. A message, not `worker.quit()`, which would lose it."""
        self._stop.set()
        fit = self._fit  # once: a run that fails at this moment lets go of it in its own thread
        if fit is not None:
            fit.stop()

    def resume(self, steps: int | None = None, back_to: Snapshot | None = None) -> None:
        """Give the fit so many steps more, or its budget once more; `frames` then goes on where it ended, or from earlier."""
        if self._fit is None:
            return
        self._fit.resume(steps, None, None if back_to is None else back_to.shown_iteration)
        if back_to is not None:
            self.history.back_to(back_to.shown_iteration, back_to.plane)

    def choose(self, snapshot: Snapshot) -> None:
        """Take an earlier snapshot as the result; `outcome` then tells of it."""
        if self._fit is not None:
            self._fit.choose(snapshot)

    @property
    def resumable(self) -> bool:
        """Whether there is a fit to go on with."""
        return self._fit is not None and self._stepped

    def frames(self) -> Generator[Frame, None, Outcome | Failure | None]:
        """Runs in the worker's thread and never raises; returns None if it was stopped before the first step."""
        try:
            yield from self._run()
            return self.outcome()
        except Exception as error:  # noqa: BLE001  whatever it is, the user must hear of it
            message = describe(error, refused=self._fit is None)
            diverged, unread = isinstance(error, Diverged), isinstance(error, Unread)
            self._failed = True
        # Outside the except clause: there the error's traceback would still hold the network.
        outcome = self._rescued(diverged=diverged)
        if unread and outcome is not None:
            return Failure(words=message + UNREAD, outcome=outcome)
        self.release()
        kept = "" if outcome is None else " What was restored until then is kept."
        return Failure(words=message + kept, outcome=outcome)

    def _rescued(self, *, diverged: bool) -> Outcome | None:
        """What a failed run leaves, if anything; on a device that is full even asking for it may fail."""
        try:
            outcome = self.outcome()
        except Exception as error:  # the failure before this one is what the user hears of
            logging.getLogger(__name__).warning("Nothing could be kept of the failed restoration.", exc_info=error)
            traceback.clear_frames(error.__traceback__)
            return None
        if diverged and outcome is not None and not np.isfinite(outcome.result.image).all():
            return None
        return outcome

    def _run(self) -> Generator[Frame, None, None]:
        if self._fit is None and self._prepare is not None:
            self._fit = self._prepare()
            self._make_room()
        if self._fit is None:
            return
        waiting: dict[int, tuple[Index, NDArray[Any]]] = {}  # the newest image of each plane not drawn yet
        self._steps = iter(self._fit)
        for snapshot in self._steps:
            self._stepped = True
            if self._stop.is_set():  # it may have come while the fit was being prepared
                self._fit.stop()
            else:
                self._seen = dataclasses.replace(snapshot, image=None, uncertainty=None)
            if snapshot.image is not None:
                if snapshot.stage != "drawing":  # which goes on from no step of its own
                    self.history.add(snapshot)
                waiting[snapshot.plane] = snapshot.index, snapshot.image
            numbers = dataclasses.replace(snapshot, image=None, uncertainty=None)
            if waiting and self.frame_drawn.is_set():
                self.frame_drawn.clear()
                planes = tuple((index, to_dtype(image, self.dtype)) for index, image in waiting.values())
                waiting.clear()
                yield Frame(snapshot=numbers, planes=planes, stack=self._stack(snapshot, planes[-1][1].shape))
            else:
                yield Frame(snapshot=numbers)

    def _stack(self, snapshot: Snapshot, plane: tuple[int, ...]) -> NDArray[Any] | LazyStack | None:
        """Once per start, and only for a stack: a copy of what is shown, for new planes to be drawn into.

        Never the last result itself, although that is in the layer: whoever keeps it must not see it change.
        """
        first, self._first_frame = self._first_frame, False
        if not first or snapshot.planes == 1 or self._fit is None:
            return None
        data, self._data = self._data, None
        if data is None or whole_shape(data.shape, snapshot.index, plane) != tuple(data.shape):  # resumed, or finer
            return to_dtype(self._fit.result.image, self.dtype)
        if type(data) is not np.ndarray:  # on disk, or computed plane by plane
            return LazyStack(data, self.dtype, snapshot.index)
        return np.array(data).astype(self.dtype, copy=False)

    def outcome(self) -> Outcome | None:
        """The result so far, or None before the first step."""
        if self._fit is None or not self._stepped:
            return None
        result = self._fit.result
        planes = math.prod(self.observed.shape[axis] for axis in self._fit.axes.stack)
        return Outcome(
            result=result,
            data=to_dtype(result.image, self.dtype),
            planes=planes,
            trust=self._said_of(self._engine.examine, result, self._fit),
            missing=self._said_of(self._engine.missing_words, result, self._fit) or "",
            cautions=(*self._cautions, *self._engine.course_warnings(result.record.planes, planes)),
            reached=self._reached(result),
        )

    def _reached(self, result: Result) -> float:
        """How far the run came where it was cut short; 1 where it ended by itself, or where no end was foreseen."""
        if not self._failed and all(plane.reason != StopReason.REQUESTED.name for plane in result.record.planes):
            return 1.0
        share = 0.0 if self._seen is None else fraction_done(self._seen)
        return 1.0 if share is None else share

    def _said_of(self, look: Callable[..., _Said], result: Result, fit: FitLike) -> _Said | None:
        try:
            return look(self.observed, result, fit.task, fit.axes)
        except Exception as error:
            logging.getLogger(__name__).warning("The result could not be examined.", exc_info=error)
            return None

    def write_network(self, path: Path) -> None:
        """Keep the network of the fit in a file. ValueError: there is none, or the fit was let go of."""
        if self._fit is None:
            raise ValueError("The run has given its memory back, and the network with it.")
        self._engine.write_network(path, self._fit.network, overwrite=True)

    def residual(self, result: Result) -> NDArray[np.float32] | None:
        """What the result took away from the image; None once the fit is let go of."""
        if self._fit is None:
            return None
        return self._engine.residual(self.observed, result.image, self._fit.task, self._fit.axes)

    def flux_map(self, result: Result) -> NDArray[np.float32] | None:
        """Where the result is too dark or too bright, in standard errors; None once the fit is let go of."""
        if self._fit is None:
            return None
        return self._engine.flux_map(self.observed, result.image, self._fit.task, self._fit.axes)

    def pure_noise(self, result: Result, plane: int, watch: Callable[[Any], Any]) -> tuple[str, ...]:
        """What the recipe of the result draws on a flat field with the noise of this plane, in words. From a thread of its own.

        `watch` draws the snapshots from the fit. Raises what a fit raises; ValueError once the run's own is let go of.
        """
        if self._fit is None:
            raise ValueError("The run has given its memory back: run it again first.")
        return self._engine.pure_noise(self.observed, self._fit.task, self._fit.axes, result.record, plane, watch)

    def blend(self, result: Result, fraction: float) -> NDArray[Any]:
        """`fraction` of the result, the rest of the observed image; in the layer's number type."""
        return to_dtype(self._engine.blend(np.asarray(self.observed), result.image, fraction), self.dtype)

    def close_steps(self) -> None:
        """End an iteration that napari's `quit` left hanging in the middle; only once its thread is done."""
        if isinstance(self._steps, Generator):
            self._steps.close()

    def free(self) -> None:
        """Let go of the fit, and with it of the device's memory; what was found can be looked at still. From any thread.

        A fit has no circles, so its memory is free at once. Collecting here would delete closed widgets, in this thread.
        """
        device = None if self._fit is None else self._fit.device
        self._fit = self._steps = self._prepare = self._data = None
        if device is not None:
            device.release()

    def release(self) -> None:
        """Let go of all."""
        self.observed = None
        self.history = SnapshotHistory(MEMORY)
        self.free()
