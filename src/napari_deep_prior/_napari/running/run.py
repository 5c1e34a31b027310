"""One restoration in one viewer: the job in its thread, the live layer, and who wants to hear of it."""

from __future__ import annotations

import logging
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from napari.qt.threading import create_worker
from numpy.typing import NDArray
from qtpy.QtCore import QTimer

from napari_deep_prior._napari.layers.source import KEY
from napari_deep_prior._napari.running.activity import Activity
from napari_deep_prior._napari.running.garbage import COLLECTOR
from napari_deep_prior._napari.running.messages import Failure
from napari_deep_prior._napari.running.preview_throttle import SETTLE, PreviewThrottle
from napari_deep_prior._napari.running.turns import Turns
from napari_deep_prior._napari.widgets.wording import fraction_done, result_text, warned

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from pathlib import Path

    from napari_deep_prior._napari.running.job import Job
    from napari_deep_prior._napari.running.live_layer import LiveLayer
    from napari_deep_prior._napari.running.messages import Frame, Listener, Outcome
    from napari_deep_prior._napari.running.prepare import Asked
    from napari_deep_prior.core.results import Snapshot
    from napari_deep_prior.core.run.history import SnapshotHistory

CANCELLED = "Cancelled: nothing of it was kept."


class Run:
    """Owns what a run needs, so that closing the dock does not lose it: the result still reaches the viewer.

    Parameters
    ----------
    listener
        Who hears of it; another may take its place.
    asked
        What it does, and what it began with.
    told
        What the window knows and the record does not.
    """

    def __init__(
        self,
        job: Job,
        live: LiveLayer,
        listener: Listener,
        *,
        asked: Asked,
        told: dict[str, Any],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._job, self._throttle = job, PreviewThrottle(asked.pause)
        self.asked, self._told = asked, told
        self._live: LiveLayer | None = live
        self._listener: Listener | None = listener
        self._wanted: Snapshot | None = None  # chosen by hand while it runs
        self.cancelled = False
        """Whether its result is not wanted."""
        self._clock, self._began, self._before = clock, 0.0, 0.0
        self._activity, self._turns = Activity(live.names[0]), Turns()
        self.active = self._working = False
        self.outcome: Outcome | None = None
        self.failure = ""
        """What went wrong at last, in words; empty where nothing did."""

    @property
    def elapsed(self) -> float:
        """Seconds it has worked, all its parts together."""
        return self._before + (self._clock() - self._began if self.active else 0.0)

    @property
    def done(self) -> float | None:
        """How much of the image is restored, 0 to 1; None where there is no result."""
        return None if self.outcome is None else self.outcome.done

    @property
    def words(self) -> str:
        """How it ended."""
        if self.failure or self.cancelled:
            return self.failure or CANCELLED
        if self.outcome is None:
            return result_text(None)
        told = result_text(self.outcome.result, self.outcome.planes, self.outcome.missing)
        return " ".join(filter(None, [told, self.asked.remark, *self.asked.notes, warned(len(self.outcome.warnings))]))

    @property
    def history(self) -> SnapshotHistory:
        """The earlier moments of this run."""
        return self._job.history

    @property
    def live(self) -> LiveLayer | None:
        """Where its result is; None once the run is let go of."""
        return self._live

    def start(self) -> None:
        """Begin, or go on after `resume`; the thread begins a turn later, so that it does not slow down what the click has to draw."""
        self.active, self.cancelled, self.failure = True, False, ""
        self._began = self._clock()
        COLLECTOR.hold(self)
        self._job.begin()
        self._working = False
        self._turns.take(
            partial(self._draw, lambda live: live.reveal()),
            self._work,
            partial(self._tell, lambda to: to.on_begin()),
            self._activity.begin,
        )

    def _work(self) -> None:
        """In a thread of napari's own, so that napari knows of it when it is closed."""
        self._working = True
        create_worker(
            _frames,
            self._job,
            _ignore_errors=True,  # otherwise an error is raised again inside Qt
            _connect={
                "yielded": self._on_frame,
                "returned": self._on_end,
                "errored": self._on_error,
                "warned": self._on_warning,
                "aborted": self._on_aborted,
                "finished": self._on_finished,
            },
        )

    def stop(self) -> None:
        """Ask it to end; the result so far arrives as that of a run which ended by itself."""
        self._job.stop()

    def cancel(self) -> None:
        """Ask it to end, and to leave nothing: its layer goes, or holds again what it held before."""
        self.cancelled = True
        self._job.stop()

    def resume(self, steps: int | None = None, back_to: Snapshot | None = None) -> None:
        """Go on in the same layer with so many steps, or the same budget again; from an earlier snapshot if one is given."""
        self._job.resume(steps, back_to)
        self.start()

    def choose(self, snapshot: Snapshot) -> None:
        """Take an earlier snapshot as the result; a run that goes on is stopped for it."""
        if self.active:
            self._wanted = snapshot
            self._job.stop()
        elif self._job.resumable:
            self._job.choose(snapshot)
            self._on_end(self._job.outcome())

    def write_network(self, path: Path) -> None:
        """Keep the network that learnt in it in a file, replacing what is there. From any thread; ValueError: there is none."""
        self._job.write_network(path)

    def residual(self) -> NDArray[Any] | None:
        """What the result took away from the image."""
        return None if self.outcome is None else self._job.residual(self.outcome.result)

    def flux_map(self) -> NDArray[Any] | None:
        """Where the result is too dark or too bright for what was measured."""
        return None if self.outcome is None else self._job.flux_map(self.outcome.result)

    def pure_noise(self, plane: int, watch: Callable[[Any], Any]) -> tuple[str, ...]:
        """What the same recipe draws where there is nothing but noise, in words; see `Job.pure_noise`."""
        return () if self.outcome is None else self._job.pure_noise(self.outcome.result, plane, watch)

    @property
    def blends(self) -> bool:
        """Whether result and original are pixel on pixel."""
        observed = self._job.observed
        return self.outcome is not None and observed is not None and observed.shape == self.outcome.result.image.shape

    def blend(self, fraction: float) -> None:
        """Show the result with `fraction` of itself and the rest of the observed image; the layer's metadata tell of it."""
        if self.outcome is not None and self._live is not None and self.blends:
            data = self.outcome.data if fraction == 1 else self._job.blend(self.outcome.result, fraction)
            told = {} if fraction == 1 else {"blend": fraction}
            self._live.finish(data, {**self._record(self.outcome), **told}, self.outcome.part)

    @property
    def resumable(self) -> bool:
        """Whether `resume` has something to go on with."""
        return not self.active and self._job.resumable

    def concerns(self, image: Any, selected: Any) -> bool:
        """Whether it is about this image, or the selected layer holds its result."""
        live = None if self._live is None else self._live.layer
        return bool(image == self.asked.chosen.problem.image or (selected is not None and selected == live))

    def attach(self, listener: Listener | None) -> None:
        """Tell this one from now on; None where the listener is gone, and the viewer may be there still."""
        self._listener = listener

    def free_device(self) -> None:
        """Give the device's memory back; what was found stays, but cannot be gone on with. From any thread."""
        self._job.free()

    def discard(self) -> None:
        """The viewer is gone: nothing is drawn or told any more."""
        self._draw(lambda live: live.leave())
        self._live = self._listener = None
        self._turns.drop()
        if self.active and not self._working:  # nor will it
            self.active = False
            COLLECTOR.let_go(self)
        self._activity.end()
        self._job.stop()

    def release(self) -> None:
        """Let go of all it holds, the device's memory above all; who listens still hears that its thread is done."""
        self._draw(lambda live: live.leave())
        self._live, self.outcome, self._listener = None, None, self._listener if self.active else None
        self._job.release()

    def _on_frame(self, frame: Frame) -> None:
        if not frame.planes:
            return  # words alone would have the whole window drawn as well, its canvas included
        self._throttle.begin()
        self._turns.finish()
        self._draw(lambda live: live.show(frame))
        self._tell(lambda to: to.on_progress(frame.snapshot))
        self._activity.show(fraction_done(frame.snapshot))  # last: it lets in what is queued, such as the end
        QTimer.singleShot(SETTLE, lambda: QTimer.singleShot(self._throttle.pause(), self._job.frame_drawn.set))

    def _draw(self, action: Callable[[LiveLayer], None]) -> None:
        if self._live is not None:
            action(self._live)

    def _tell(self, event: Callable[[Listener], None]) -> None:
        if self._listener is not None:
            event(self._listener)

    def _on_end(self, end: Outcome | Failure | None) -> None:
        self._turns.finish()
        if self.cancelled:
            return self._throw_away()
        if isinstance(end, Failure):
            return self._tell_failure(end.words, end.outcome)
        if end is not None and self._wanted is not None:
            self._job.choose(self._wanted)
            end = self._job.outcome()
        self._wanted = None
        self._deliver(end)
        self._tell(lambda to: to.on_result(None if end is None else end.result))

    def _throw_away(self) -> None:
        self._draw(lambda live: live.throw_away())
        self._job.free()
        self._tell(lambda to: to.on_result(None))

    def _on_error(self, error: Exception) -> None:
        """Only a fault of the worker itself comes here: the job turns its errors into a Failure."""
        self._turns.finish()
        self._tell_failure(str(error))

    def _deliver(self, outcome: Outcome | None) -> None:
        if self._live is not None and outcome is None:
            self._live.discard()
        elif self._live is not None and outcome is not None:
            self.outcome = outcome
            self._live.finish(outcome.data, self._record(outcome), outcome.part)

    def _record(self, outcome: Outcome) -> dict[str, Any]:
        return {
            **outcome.result.record.as_dict(),
            **self._told,
            "planes_in_image": outcome.planes,
            "findings": outcome.findings,
        }

    def _tell_failure(self, words: str, outcome: Outcome | None = None) -> None:
        self.failure = words
        self._deliver(outcome)
        self._tell(lambda to: to.on_failure(words))

    def _on_aborted(self) -> None:
        """Quit by napari itself: the worker loses its return value and leaves its generator hanging."""
        self._job.close_steps()
        self._on_end(self._job.outcome())

    def _on_warning(self, warning: tuple[Any, ...]) -> None:
        # Connected here because napari's own relay is never reached (its mixin's __init__ is not called).
        logging.getLogger(__name__).warning("%s: %s", KEY, warning[0])

    def _on_finished(self) -> None:
        self._before, self.active = self.elapsed, False
        COLLECTOR.let_go(self)
        self._activity.end()
        self._tell(lambda to: to.on_idle())


def _frames(job: Job) -> Generator[Frame, None, Outcome | Failure | None]:
    """As long as the window is open napari keeps the function it was given, but not its arguments."""
    return (yield from job.frames())
