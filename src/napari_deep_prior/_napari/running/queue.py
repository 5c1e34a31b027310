"""Several layers in one go: each waits until the one before it has ended; what became of each is told at the end, to whoever is there.

Those that had not begun when it was stopped are put off: it can be gone on with.
"""

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
        self._put_off: list[Asked] = []
        self._count = 0
        self._names: list[str] = []  # of those that have begun
        self._failed: dict[str, str] = {}
        self._stopped: set[str] = set()
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
        self._waiting, self._put_off, self._count = list(asked), [], len(asked)
        self._names, self._failed, self._stopped, self._warned, self._untold = [], {}, set(), [], ""
        self._next()

    def fail(self, words: str) -> None:
        """The one that has begun left no result."""
        if self._names:
            self._failed[self._names[-1]] = words

    def settle(self, *, stopped: bool, warned: bool) -> None:
        """The one that has begun has a result: of a run that was stopped, and one that something speaks against."""
        for name in self._names[-1:]:
            (self._stopped.add if stopped else self._stopped.discard)(name)
            if warned and name not in self._warned:
                self._warned.append(name)

    def stop(self) -> None:
        """The others are put off."""
        self._waiting, self._put_off = [], self._waiting or self._put_off

    @property
    def put_off(self) -> int:
        """How many have not begun because it was stopped."""
        return len(self._put_off)

    def take_up(self) -> None:
        """Those that were put off wait again, for the one that goes on before them."""
        if self._put_off:
            self._waiting, self._put_off, self._untold = self._put_off, [], ""
            self._count = len(self._names) + len(self._waiting)

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
        whole = len(good) - len(self._stopped.intersection(good))
        told = [f"{restored_of(whole, self._count, 'layers')}."]
        told += [f"'{name}' is not: {words}" for name, words in self._failed.items()]
        told += [f"'{name}' was stopped: what was reached is kept." for name in good if name in self._stopped]
        told += [not_begun(self.put_off), "Resume goes on with the rest." if self.put_off else ""]
        warned = ", ".join(f"'{name}'" for name in self._warned if name in good)
        told += [f"⚠\N{NO-BREAK SPACE}Trust has warnings of {warned}." if warned else ""]
        return " ".join(filter(None, told))
