"""Snapshots: a few a second, fewer where making one takes long."""

from __future__ import annotations

import pytest

from napari_deep_prior.core.run.throttle import FRACTION, INTERVAL, SnapshotThrottle


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(("took", "interval"), [(0.0, INTERVAL), (0.001, INTERVAL), (1.0, 1 / FRACTION)])
def test_making_snapshots_takes_a_small_part_of_the_time(took: float, interval: float) -> None:
    clock = Clock()
    throttle = SnapshotThrottle(clock)
    assert throttle.interval == INTERVAL
    with throttle.timed():
        clock.now += took
    assert throttle.interval == pytest.approx(interval)


def test_the_last_one_counts() -> None:
    clock = Clock()
    throttle = SnapshotThrottle(clock)
    for took in (2.0, 0.0):
        with throttle.timed():
            clock.now += took
    assert throttle.interval == INTERVAL
