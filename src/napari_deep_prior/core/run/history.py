"""Moments of a run within a memory limit: when there are too many, they are thinned out evenly."""

from __future__ import annotations

from collections.abc import Sequence

from napari_deep_prior.core.results import Snapshot


def thin_evenly(positions: Sequence[float], most: int, *, always: Sequence[int] = ()) -> list[int]:
    """Which of the ascending `positions` stay so that at most `most` do, spread as evenly as they allow.

    The first, the last and those in `always` (indices) stay; of the others the one whose neighbours are closest goes first.
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
    """Earlier moments of a run, oldest first. One thread adds, any thread reads.

    Parameters
    ----------
    limit
        Most bytes that the images may take. The first, the newest and the best stay whatever it is.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.moments: tuple[Snapshot, ...] = ()

    def add(self, moment: Snapshot) -> None:
        """Take in a snapshot that has an image; one of the same step of the same plane is replaced."""
        rest = [m for m in self.moments if (m.plane, m.shown_iteration) != (moment.plane, moment.shown_iteration)]
        rest = sorted([*rest, moment], key=lambda m: (m.plane, m.shown_iteration))
        best = (moment.plane, moment.kept)
        always = [i for i, m in enumerate(rest) if m is moment or (m.plane, m.shown_iteration) == best]
        stay = thin_evenly(_on_one_line(rest), max(3, self._limit // max(1, _size(moment))), always=always)
        self.moments = tuple(rest[i] for i in stay)  # in one go: a reader sees the old row or the new one

    def back_to(self, step: int, plane: int) -> None:
        """The run goes on from an earlier step: what came after it has not been."""
        self.moments = tuple(m for m in self.moments if m.plane != plane or m.shown_iteration <= step)


def _on_one_line(moments: Sequence[Snapshot]) -> list[int]:
    """Where the moments lie when each plane's steps begin where those of the plane before it ended."""
    places, start, before = [], 0, moments[0]
    for moment in moments:
        if moment.plane != before.plane:
            start += before.shown_iteration
        places.append(start + moment.shown_iteration)
        before = moment
    return places


def _size(moment: Snapshot) -> int:
    return sum(array.nbytes for array in (moment.image, moment.uncertainty) if array is not None)
