"""Why planes ended, in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from napari_deep_prior.core.results import PlaneReport, Result, StopReason
from napari_deep_prior.core.run.provenance import axes_of


def _summary(result: Result) -> Iterator[str]:
    record = result.record
    steps = sum(plane.iterations for plane in record.planes)
    planes = f" on {len(record.planes)} planes" if len(record.planes) > 1 else ""
    reasons = list(_reasons(record.planes))
    alike = reasons[0][1] if len(reasons) == 1 else "they ended differently"
    yield f"{steps} steps{planes} in {record.seconds:.0f} s: {alike}."
    for numbers, reason in reasons if len(reasons) > 1 else ():
        yield f"  {numbers}: {reason}."
    missing = len(axes_of(record).planes(result.image.shape)) - len(record.planes)
    if missing:
        yield f"{missing} planes were not reached; they are as they were."
    if record.invented > 0:
        share = f"{record.invented:.1%}" if record.invented >= 0.001 else "Less than 0.1%"
        yield f"{share} of the pixels have no measurement behind them: do not measure there."


def _reasons(planes: Sequence[PlaneReport]) -> Iterator[tuple[str, str]]:
    """Why planes ended, the reason of most first, each after the planes it holds for, counted from 1."""
    groups: dict[str, list[int]] = {}
    for plane in planes:
        groups.setdefault(plane.reason, []).append(plane.plane + 1)
    for reason, numbers in sorted(groups.items(), key=lambda group: -len(group[1])):
        yield f"plane{'s' * (len(numbers) > 1)} {_ranges(numbers)}", StopReason[reason].value


def _ranges(numbers: Sequence[int]) -> str:
    """1, 2, 3, 5 -> "1-3, 5"."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)
