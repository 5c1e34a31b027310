"""The run a panel holds, the one before it, and what waits; all outlive the panel, which may be closed while the thread still works."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtWidgets import QWidget

from napari_deep_prior._napari.request import Incomplete
from napari_deep_prior._napari.running.garbage import COLLECTOR
from napari_deep_prior._napari.running.queue import Queue
from napari_deep_prior._napari.running.run import Run
from napari_deep_prior._napari.running.unattended import Unattended
from napari_deep_prior.core.results import StopReason

if TYPE_CHECKING:
    from napari.viewer import Viewer

    from napari_deep_prior._napari.engine import Engine
    from napari_deep_prior._napari.running.batch_run import BatchRun
    from napari_deep_prior.core.results import Result, Snapshot

_LEFT: dict[int, CurrentRun] = {}
"""What closed panels have left behind, by viewer: the next panel of that viewer takes it up."""


class CurrentRun:
    """What runs, or ran last. A run that is refused gives way to the one before it, whose result still stands."""

    def __init__(self) -> None:
        self.queue = Queue()
        self.batch: BatchRun | None = None
        """Many files that are restored, or were."""
        self.run: Run | None = None
        self._before: Run | None = None
        self._owner: object = None
        self._windows: set[int] = set()

    @classmethod
    def of(cls, viewer: Viewer) -> CurrentRun:
        """What a closed panel of this viewer has left behind, or an empty one."""
        return _LEFT.pop(_number(viewer), None) or cls()

    @property
    def active(self) -> bool:
        """Whether a run goes on."""
        return self.run is not None and self.run.active

    def check_free(self) -> None:
        """Raises Incomplete while many files are restored: a fit beside another would slow both, and might change its bits."""
        if self.batch is not None and self.batch.active:
            raise Incomplete("Files are being restored. Wait for them, or press Cancel files.")

    @property
    def result(self) -> Result | None:
        """What the present run has found so far."""
        return None if self.run is None or self.run.outcome is None else self.run.outcome.result

    @property
    def done(self) -> float | None:
        """How much of its image is restored, 0 to 1; None where it has no result."""
        return None if self.run is None else self.run.done

    @property
    def layer(self) -> Any:
        """The layer of the present run; None where it is gone."""
        return None if self.run is None or self.run.live is None else self.run.live.layer

    def run_of(self, layer: Any) -> Run | None:
        """The present run, where this layer holds its result."""
        return self.run if layer is not None and layer == self.layer else None

    @property
    def reached(self) -> set[int]:
        """Numbers of the planes that are restored."""
        return set() if self.result is None else {plane.plane for plane in self.result.record.planes}

    def place_of(self, snapshot: Snapshot) -> str:
        """Where its plane lies in a stack, in words."""
        return "" if self.run is None or self.run.live is None else self.run.live.place_of(snapshot.index)

    @property
    def resumable(self) -> bool:
        """Whether there is something to go on with."""
        return not self.active and (self._goes_on or self.queue.put_off > 0)

    @property
    def _goes_on(self) -> bool:
        """Whether the run itself can be gone on with."""
        return self.run is not None and self.run.resumable

    @property
    def extends(self) -> str:
        """What Resume would go on with, "plane 3" or "2 layers"; empty where that is all."""
        if self.queue.put_off:
            layers = self.queue.put_off + self._goes_on
            return f"{layers} layer{'s' if layers > 1 else ''}"
        return "" if self.run is None or self.run.outcome is None else self.run.outcome.extendable

    def begin(self, run: Run) -> None:
        """A new run; the one before it stays until this one stands."""
        if self.run is not None and self._before is None and self.run.outcome is not None:
            self._before, self.run = self.run, None
        self._let_go()
        self.run = run

    def make_room(self) -> None:
        """The new run stands, so that the device's memory is its own. From any thread."""
        if self._before is not None:
            self._before.free_device()

    def settle(self) -> None:
        """The new run has shown something: there is no way back to the one before it."""
        if self.run is not None and (outcome := self.run.outcome) is not None:
            stopped = outcome.result.reason is StopReason.REQUESTED
            self.queue.settle(stopped=stopped, warned=bool(outcome.warnings))
        if self._before is not None:
            self._before.release()
        self._before = None

    def back(self) -> bool:
        """The new run was refused: the one before it is the present one again, if there is any."""
        if self._before is None:
            return False
        self._let_go()
        self.run, self._before = self._before, None
        return True

    def fail(self, words: str) -> bool:
        """The run has left no new result, for this reason; whether it gives way to the one before it, as it does if it left nothing."""
        self.queue.fail(words)
        return self.result is None and self.back()

    def resume(self, steps: int | None, back_to: Snapshot | None) -> None:
        """Go on with the run, see `Run.resume`, and unless it is told how, with the layers that were put off after it."""
        self.check_free()
        if steps is None and back_to is None:
            self.queue.take_up()
        if self.run is not None and self._goes_on:
            self.run.resume(steps, back_to)
        else:
            self.queue.on_idle()

    def on_idle(self) -> None:
        """A run has ended: unless another has begun, it is the turn of what waits."""
        if not self.active:
            self.queue.on_idle()

    def stop(self) -> None:
        """Ask the run to end; layers that wait for it are put off."""
        self.queue.stop()
        if self.run is not None:
            self.run.stop()

    def cancel(self) -> None:
        """Ask the run to end and to leave nothing; layers that wait for it are put off."""
        self.queue.stop()
        if self.run is not None:
            self.run.cancel()

    def release(self) -> None:
        """Forget all and free what it holds."""
        self.settle()
        self._let_go()

    def _let_go(self) -> None:
        if self.run is not None:
            self.run.release()
        self.run = None

    def belong_to(self, panel: object, window: QWidget | None = None) -> None:
        """From now on a panel in a window shows it; it goes with the window."""
        self._owner = panel
        if window is not None:
            self.go_with(window)

    def go_with(self, window: QWidget) -> None:
        """End when this window does."""
        if id(window) not in self._windows:
            self._windows.add(id(window))
            window.destroyed.connect(lambda: self.on_window_deleted())

    def leave(self, viewer: Viewer, panel: object, engine: Engine) -> None:
        """The panel is closed: runs go on, and the next panel of this viewer finds them, or what they have left."""
        many = self.batch is not None and bool(self.batch.files)
        if self._owner is not panel or (self.run is None and not many):
            return
        _LEFT[_number(viewer)] = self
        self._owner = None
        nobody = Unattended(viewer, engine, self)
        self.queue.serve(nobody.start, None)
        if self.run is not None:
            self.run.attach(nobody)
        if self.batch is not None:
            self.batch.attach(None)

    def on_panel_deleted(self, panel: object, *_: object) -> None:
        """A panel is deleted that was never closed: with the whole window."""
        if self._owner is panel:
            self.on_window_deleted()

    def on_window_deleted(self) -> None:
        """There is nobody left to show anything to."""
        for number in [number for number, held in _LEFT.items() if held is self]:
            del _LEFT[number]
        self.queue.stop()
        if self.batch is not None:
            self.batch.attach(None)
            self.batch.cancel()
        if self.active and self.run is not None:
            self.run.discard()
        else:
            self.release()
        COLLECTOR.rest()  # a script may have no event loop any more, whose timers would see to it


def _number(viewer: Viewer) -> int:
    """Of the viewer itself, which napari hands out behind proxies."""
    return id(getattr(viewer, "__wrapped__", viewer))
