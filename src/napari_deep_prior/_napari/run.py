"""One restoration in one viewer: the job in its thread, the live layer, and who wants to hear of it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Protocol

from napari.qt.threading import create_worker
from qtpy.QtCore import QTimer

from napari_deep_prior._napari.layers import KEY
from napari_deep_prior._napari.worker import Failure

if TYPE_CHECKING:
    from napari_deep_prior._napari.live import LiveLayer
    from napari_deep_prior._napari.worker import Frame, Job, Outcome
    from napari_deep_prior.core.report import Result, Snapshot


class Listener(Protocol):
    """Who shows how a run goes; called in the window's thread."""

    def on_progress(self, snapshot: Snapshot) -> None:
        """A few times per second."""

    def on_result(self, result: Result | None) -> None:
        """It ended, or was stopped; None if that was before its first step."""

    def on_failure(self, words: str) -> None:
        """It failed; the words say why and what to do."""

    def on_idle(self) -> None:
        """The thread is done, whatever the end was."""


class Run:
    """Owns what a run needs, so that closing the dock does not lose it: the result still reaches the viewer."""

    def __init__(self, job: Job, live: LiveLayer, listener: Listener, *, chosen: dict[str, Any]) -> None:
        self._job, self._chosen = job, chosen  # what the window knows and the record does not
        self._live: LiveLayer | None = live
        self._listener: Listener | None = listener
        self.active = False

    def start(self) -> None:
        """Begin, or go on after `resume`, in a thread of napari's own, so that napari knows of it when it is closed."""
        self.active = True
        self._job.begin()
        create_worker(
            self._job.frames,
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

    def resume(self) -> None:
        """Go on in the same layer with the same budget again."""
        self._job.resume()
        self.start()

    @property
    def resumable(self) -> bool:
        """Whether `resume` has something to go on with."""
        return not self.active and self._job.resumable

    def unheard(self) -> None:
        """The listener is gone, the viewer may be there still."""
        self._listener = None

    def abandon(self) -> None:
        """The viewer is gone: nothing is drawn or told any more."""
        self._live = self._listener = None
        self._job.stop()

    def release(self) -> None:
        """Let go of the device's memory; napari keeps each worker, and so this object, as long as the viewer lives."""
        self._live = self._listener = None
        self._job.release()

    def _on_frame(self, frame: Frame) -> None:
        if self._live is not None:
            self._live.show(frame)
        if self._listener is not None:
            self._listener.on_progress(frame.snapshot)
        if frame.planes:
            QTimer.singleShot(0, self._job.painted.set)  # once the event loop has come round, that is, drawn it

    def _on_end(self, end: Outcome | Failure | None) -> None:
        if isinstance(end, Failure):
            self._tell_failure(end.words, end.outcome)
            return
        self._deliver(end)
        if self._listener is not None:
            self._listener.on_result(None if end is None else end.result)

    def _on_error(self, error: Exception) -> None:
        """Only a fault of the worker itself comes here: the job turns its errors into a Failure."""
        self._tell_failure(str(error))

    def _deliver(self, outcome: Outcome | None) -> None:
        if self._live is not None and outcome is None:
            self._live.discard()
        elif self._live is not None and outcome is not None:
            record = outcome.result.record.as_dict()
            self._live.finish(outcome.data, {**record, **self._chosen})

    def _tell_failure(self, words: str, outcome: Outcome | None = None) -> None:
        self._deliver(outcome)
        if self._listener is not None:
            self._listener.on_failure(words)

    def _on_aborted(self) -> None:
        """Quit by napari itself: the worker loses its return value and leaves its generator hanging."""
        self._job.close_steps()
        self._on_end(self._job.outcome())

    def _on_warning(self, warning: tuple[Any, ...]) -> None:
        # Connected here because napari's own relay is never reached (its mixin's __init__ is not called).
        logging.getLogger(__name__).warning("%s: %s", KEY, warning[0])

    def _on_finished(self) -> None:
        self.active = False
        if self._listener is not None:
            self._listener.on_idle()


class Held:
    """The run a panel holds; outlives the panel, which Qt may delete while the thread still works."""

    def __init__(self) -> None:
        self.run: Run | None = None
        self.undocked = False

    @property
    def active(self) -> bool:
        """Whether a run goes on."""
        return self.run is not None and self.run.active

    def stop(self) -> None:
        """Ask the run to end."""
        if self.run is not None:
            self.run.stop()

    def release(self) -> None:
        """Forget the run and free what it holds."""
        if self.run is not None:
            self.run.release()
        self.run = None

    def let_go(self, *_: object) -> None:
        """The panel is deleted: with its dock, then the result is still wanted, or with the whole window."""
        if not self.active:
            self.release()
        elif self.run is not None and self.undocked:
            self.run.unheard()
        elif self.run is not None:
            self.run.abandon()
