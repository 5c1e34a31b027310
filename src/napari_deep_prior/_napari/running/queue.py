"""Several layers in one go: each waits until the one before it has ended; what became of each is told at the end, to whoever is there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from napari_deep_prior._napari.request import Incomplete
from napari_deep_prior._napari.widgets.wording import not_begun
from napari_deep_prior.core.diagnostics.course import restored_of

if TYPE_CHECKING:
    from napari_deep_prior._napari.running.prepare import Asked


class Queue:
    """What was asked for and has not begun yet. It is held with the run, and so outlives the panel."""

    def __init__(self) -> None:
        self._start: Callable[[Asked], None] = lambda _: None
        self._say: Callable[[str], None] | None = None
        self._waiting: list[Asked] = []
        self._count = 0
        self._names: list[str] = []  # of those that have begun
        self._failed: dict[str, str] = {}
        self._warned: list[str] = []
        self._untold = ""

    def serve(self, start: Callable[[Asked], None], say: Callable[[str], None] | None) -> None:
        """From now on `start` begins the run of one, and `say` tells the user; None where nobody is there to be told."""
        self._start, self._say = start, say

    def tell(self) -> None:
        """Say what came to its end while nobody was there."""
        if self._untold and self._say is not None:
            self._say(self._untold)
            self._untold = ""

    @property
    def place(self) -> str:
        """Which one it is, "layer 2 of 3: 'GFP'"; empty for the only one."""
        begun = len(self._names)
        return f"layer {begun} of {self._count}: '{self._names[-1]}'" if self._count > 1 and begun else ""

    def begin(self, asked: Sequence[Asked]) -> None:
        """These, one after the other; the first at once."""
        self._waiting, self._count = list(asked), len(asked)
        self._names, self._failed, self._warned, self._untold = [], {}, [], ""
        self._next()

    def fail(self, words: str) -> None:
        """The one that has begun left no result."""
        if self._names:
            self._failed[self._names[-1]] = words

    def warn(self) -> None:
        """Something speaks against the result of the one that has begun."""
        if self._names and self._names[-1] not in self._warned:
            self._warned.append(self._names[-1])

    def stop(self) -> None:
        """The others are not wanted any more."""
        self._waiting = []

    def on_idle(self) -> None:
        """The one that had begun is over."""
        if self._waiting:
            self._next()
        elif self._count > 1:
            self._untold, self._count = self._summary, 0
            self.tell()

    def _next(self) -> None:
        asked = self._waiting.pop(0)
        self._names.append(asked.chosen.problem.image.name)
        try:
            self._start(asked)
        except (Incomplete, ValueError, TypeError) as refusal:
            if self._count == 1:
                raise
            self.fail(str(refusal))
            self.on_idle()

    @property
    def _summary(self) -> str:
        good = [name for name in self._names if name not in self._failed]
        left = self._count - len(self._names)
        told = [f"{restored_of(len(good), self._count, 'layers')}."]
        told += [f"'{name}' is not: {words}" for name, words in self._failed.items()]
        warned = ", ".join(f"'{name}'" for name in self._warned if name in good)
        return " ".join(
            filter(
                None, (*told, not_begun(left), f"⚠\N{NO-BREAK SPACE}Trust has warnings of {warned}." if warned else "")
            )
        )
