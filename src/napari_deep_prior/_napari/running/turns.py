"""Work in the window's thread that is cut into pieces: between two of them Qt draws, and hears the user."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from qtpy.QtCore import QTimer

_PAUSE = 1
"""Milliseconds between two pieces, after what the first of them has changed is drawn."""


class Turns:
    """Pieces of work, each in a turn of the event loop of its own, in their order. Window's thread only."""

    def __init__(self) -> None:
        self._pieces: deque[Callable[[], None]] = deque()
        self._waits = False

    def take(self, *pieces: Callable[[], None]) -> None:
        """These too, later."""
        self._pieces.extend(pieces)
        self._wait()

    def finish(self) -> None:
        """All that is left, now: what follows builds upon it."""
        while self._pieces:
            self._pieces.popleft()()

    def drop(self) -> None:
        """Nothing of what is left is wanted any more."""
        self._pieces.clear()

    def _wait(self) -> None:
        if self._pieces and not self._waits:
            self._waits = True
            QTimer.singleShot(_PAUSE, self._next)

    def _next(self) -> None:
        self._waits = False
        try:
            if self._pieces:
                self._pieces.popleft()()
        finally:
            self._wait()
