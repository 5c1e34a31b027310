"""How a run went, in sentences: how many steps, why the planes ended, how much is invented."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from napari_deep_prior.core.data.axes import Axes  # nothing here imports torch: the window words its results before it
from napari_deep_prior.core.diagnostics.course import numbered
from napari_deep_prior.core.results import PlaneReport, Record, StopReason, largest_error


def summary(record: Record) -> Iterator[str]:
    """A few lines for a terminal or a log."""
    steps, planes = _steps(record), f" on {len(record.planes)} planes" if len(record.planes) > 1 else ""
    reasons = planes_by_reason(record.planes)
    common = reasons[0][0].value if len(reasons) == 1 else "they ended differently"
    yield f"{steps} steps{planes} in {record.seconds:.0f} s: {common}."
    for reason, numbers in reasons if len(reasons) > 1 else ():
        yield f"  {numbered(numbers)}: {reason.value}."
    if record.network is not None:
        yield from record.notes
    axes = Axes.of_record(record.axes, record.settings)
    missing = axes.count(record.input["shape"]) - len(record.planes)
    if missing:
        yield f"{missing} planes were not reached; they are as they were."
    yield from _errors(record.planes)
    if record.invented > 0:
        percentage = f"{record.invented:.1%}" if record.invented >= 0.001 else "Less than 0.1%"
        yield f"{percentage} of the pixels have no measurement behind them: do not measure there."


def _steps(record: Record) -> int:
    """How many were taken: those of one network that draws many planes, and of its student, count once; those of a kept one not."""
    shared = [plane for plane in record.planes if plane.drawings]
    alone = sum(plane.iterations for plane in record.planes if not plane.drawings)
    here = shared if record.network is None else []
    learnt = max((plane.iterations + plane.distilled for plane in here), default=0)
    return alone + learnt + sum(plane.adapted for plane in shared)


def _errors(planes: Sequence[PlaneReport]) -> Iterator[str]:
    """What is to be expected of the plane with the largest error, where that was estimated."""
    if worst := largest_error(planes):
        plane = " of the worst plane" if len(planes) > 1 else ""
        yield f"Estimated error{plane}: {worst}."


def planes_by_reason(planes: Sequence[PlaneReport]) -> list[tuple[StopReason, list[int]]]:
    """Why planes ended, the reason of most first, each with the numbers of its planes, counted from 0."""
    groups: dict[str, list[int]] = {}
    for plane in planes:
        groups.setdefault(plane.reason, []).append(plane.plane)
    most_first = sorted(groups.items(), key=lambda group: -len(group[1]))
    return [(StopReason[reason], sorted(numbers)) for reason, numbers in most_first]
