"""Snapshots of a run within a memory limit. When there are too many, they are thinned out evenly."""

from __future__ import annotations

from collections.abc import Sequence

from napari_deep_prior.core.results import Snapshot


def thin_evenly(positions: Sequence[float], most: int, *, always: Sequence[int] = ()) -> list[int]:
    """Indices of at most `most` positions, spread as evenly as the given ones allow.

    Parameters
    ----------
    positions
        In ascending order.
    most
        Number of positions that may stay.
    always
        Indices that stay, beside the first and the last. If these are more than `most`, all of them stay.

    Notes
    -----
    The position whose two neighbours are closest together is removed first.
    """
    stay = list(range(len(positions)))
    fixed = {0, len(positions) - 1, *always}
    while len(stay) > most:
        gaps = [
            (positions[after] - positions[before], place)
            for place, (before, at, after) in enumerate(zip(stay, stay[1:], stay[2:], strict=False), start=1)
            if at not in fixed
        ]
        if not gaps:
            break
        del stay[min(gaps)[1]]
    return stay


class SnapshotHistory:
    """Earlier snapshots of a run, oldest first. One thread adds, any thread reads.

    Parameters
    ----------
    limit
        Most bytes that the images may take. The first, the newest and the best snapshot stay in any case.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.snapshots: tuple[Snapshot, ...] = ()

    def add(self, snapshot: Snapshot) -> None:
        """Add a snapshot that has an image. It replaces one of the same step of the same plane."""
        place = (snapshot.plane, snapshot.shown_iteration)
        rest = [s for s in self.snapshots if (s.plane, s.shown_iteration) != place]
        rest = sorted([*rest, snapshot], key=lambda s: (s.turn, s.shown_iteration))
        best = (snapshot.plane, snapshot.kept)
        always = [i for i, s in enumerate(rest) if s is snapshot or (s.plane, s.shown_iteration) == best]
        stay = thin_evenly(_steps_of_run(rest), max(3, self._limit // max(1, _size(snapshot))), always=always)
        self.snapshots = tuple(rest[i] for i in stay)  # in one go: a reader sees the old tuple or the new one

    def back_to(self, step: int, plane: int) -> None:
        """Forget the later snapshots of a plane, whose fit goes on from this step."""
        self.snapshots = tuple(s for s in self.snapshots if s.plane != plane or s.shown_iteration <= step)


def _steps_of_run(snapshots: Sequence[Snapshot]) -> list[int]:
    """Step of each snapshot, counted from the beginning of the run and not of its plane."""
    steps, start, before = [], 0, snapshots[0]
    for snapshot in snapshots:
        if snapshot.plane != before.plane:
            start += before.shown_iteration
        steps.append(start + snapshot.shown_iteration)
        before = snapshot
    return steps


def _size(snapshot: Snapshot) -> int:
    return sum(array.nbytes for array in (snapshot.image, snapshot.uncertainty) if array is not None)
