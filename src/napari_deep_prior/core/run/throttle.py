"""How often a snapshot is made: a few a second, and never so many that making them takes a notable share of the time."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator

INTERVAL = 0.25
"""Seconds between two snapshots, at least."""

SHARE = 0.05
"""Share of the time that may go into making snapshots."""


class SnapshotThrottle:
    """Seconds to work until the next snapshot, from how long it took to make the last one."""

    def __init__(self) -> None:
        self.interval = INTERVAL

    @contextlib.contextmanager
    def showing(self) -> Iterator[None]:
        """Around the making of a snapshot."""
        began = time.perf_counter()
        yield
        self.interval = max(INTERVAL, (time.perf_counter() - began) / SHARE)
