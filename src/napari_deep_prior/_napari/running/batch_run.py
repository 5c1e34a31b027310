"""Many files restored in the same way, in a thread: what became of each. It outlives the panel, and what is finished is on disk."""

from __future__ import annotations

import dataclasses
import logging
import threading
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from napari.qt.threading import create_worker

from napari_deep_prior._napari.running.garbage import COLLECTOR
from napari_deep_prior._napari.widgets.wording import fraction_done, not_begun
from napari_deep_prior.core.diagnostics.course import restored_of

if TYPE_CHECKING:
    from napari_deep_prior._napari.engine import Batch, BatchEvent, Engine, FitLike
    from napari_deep_prior.core.results import Snapshot

State = Literal["waits", "begins", "restored", "done before", "failed", "stopped"]

DONE: tuple[State, ...] = ("restored", "done before")


@dataclasses.dataclass(slots=True, kw_only=True)
class FileState:
    """What became of one file, and why if it failed; `result` is where its result goes, once it has been started."""

    image: Path
    result: Path | None = None
    state: State = "waits"
    reason: str = ""


class BatchRun:
    """One batch, which is gone through as often as somebody starts it; what is done is not done again. Window's thread only."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.files: list[FileState] = []
        self.active = False
        self.words = ""
        """How it ended, or why it could not begin."""
        self.part = 0.0
        """Share of the present file that is done."""
        self._cancelled = threading.Event()
        self._worker: Any = None
        self._listener: Callable[[], None] | None = None

    def attach(self, listener: Callable[[], None] | None) -> None:
        """Call this one whenever something has changed; it takes the place of the one before it."""
        self._listener = listener

    def choose(self, images: Sequence[Path]) -> None:
        """These files, none of which has begun."""
        self.files, self.words = [FileState(image=image) for image in images], ""
        self._tell()

    @property
    def left(self) -> list[FileState]:
        """Those that are not done: what waits, what failed and what was stopped."""
        return [file for file in self.files if file.state not in DONE]

    def start(self, batch: Batch) -> None:
        """Restore the files of a batch, which are some of ours, one after the other."""
        numbers = {file.image: number for number, file in enumerate(self.files)}
        for file in self.left:
            file.state, file.reason, file.result = "waits", "", batch.output(file.image)
        self.active, self.words, self.part = True, "", 0.0
        self._cancelled.clear()
        COLLECTOR.hold(self)  # before the thread allocates anything
        self._worker = create_worker(
            _events,
            self,
            batch,
            _ignore_errors=True,
            _connect={
                "yielded": lambda event: self._on_event(numbers[event.image], event),
                "returned": self._on_end,
                "finished": self._on_finished,
            },
        )

    def cancel(self) -> None:
        """End after the present step: the present file is not saved, those that are done stay."""
        self._cancelled.set()

    def events(self, batch: Batch) -> Generator[BatchEvent, None, str]:
        """Runs in the thread and never raises; returns what hindered all of it, in words."""
        events = self._engine.run_many(batch, self._watch)
        try:
            for event in events:
                if self._cancelled.is_set() and event.status == "begins":
                    break
                yield event
        except Exception as error:  # whatever it is, the user must hear of it
            logging.getLogger(__name__).exception("The batch failed.")
            return str(error) or type(error).__name__
        finally:
            events.close()
        return ""

    def _watch(self, fit: FitLike) -> Iterator[Snapshot]:
        for snapshot in fit:
            if self._cancelled.is_set() or self._worker.abort_requested:  # the latter by napari, when it is closed
                fit.stop()
            self.part = fraction_done(snapshot) or 0.0
            yield snapshot

    def _on_event(self, number: int, event: BatchEvent) -> None:
        self.files[number].state, self.files[number].reason = event.status, event.message
        self.part = 0.0
        self._tell()

    def _on_end(self, hindered: str) -> None:
        self.words = hindered

    def _on_finished(self) -> None:
        for file in self.files:
            if file.state in ("begins", "stopped"):
                file.state = "waits"
        self.active, self._worker = False, None
        COLLECTOR.let_go(self)
        self.words = self.words or self._summary
        self._tell()

    def _tell(self) -> None:
        if self._listener is not None:
            self._listener()

    @property
    def _summary(self) -> str:
        count: Counter[Any] = Counter(file.state for file in self.files)
        done, failed = sum(count[state] for state in DONE), count["failed"]
        told = f"{restored_of(done, len(self.files), 'files')}."
        why = f"{failed} failed: the list says why." if failed else ""
        return " ".join(filter(None, (told, why, not_begun(count["waits"]))))


def _events(run: BatchRun, batch: Batch) -> Generator[BatchEvent, None, str]:
    """As long as the window is open napari keeps the function it was given, but not its arguments."""
    return (yield from run.events(batch))
