"""SnapshotThrottle: a few snapshots a second, and never so many that making them takes a notable part of the time."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator

INTERVAL = 0.25
"""Seconds between two snapshots, at least."""

FRACTION = 0.05
"""Fraction of the time that may go into making snapshots."""

Clock = Callable[[], float]
"""Seconds since any fixed moment."""


class SnapshotThrottle:
    """Seconds to work until the next snapshot, from how long it took to make the last one."""

    def __init__(self, clock: Clock = time.perf_counter) -> None:
        self.interval = INTERVAL
        self._clock = clock

    @contextlib.contextmanager
    def timed(self) -> Iterator[None]:
        """Around the making of a snapshot."""
        began = self._clock()
        yield
        self.interval = max(INTERVAL, (self._clock() - began) / FRACTION)
