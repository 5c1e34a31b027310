"""Durations, shares, reasons in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from napari_deep_prior.workflows.summary import planes_by_reason

if TYPE_CHECKING:
    from napari_deep_prior.core.results import Result, Snapshot

_FEW = 3
"""As many planes are named one by one."""


def fraction_done(snapshot: Snapshot) -> float | None:
    """Share of all steps on all planes, None where the end cannot be foreseen."""
    if snapshot.iterations_left is None:
        return None
    plane = snapshot.iteration / max(1, snapshot.iteration + snapshot.iterations_left)
    return (snapshot.plane + plane) / snapshot.planes


def seconds_left(snapshot: Snapshot) -> float | None:
    """From the speed so far; planes to come are taken to last as long as this one."""
    if snapshot.iterations_left is None or not snapshot.iteration:
        return None
    each = snapshot.seconds / snapshot.iteration
    whole = each * (snapshot.iteration + snapshot.iterations_left)
    return each * snapshot.iterations_left + whole * (snapshot.planes - snapshot.plane - 1)


def steps_text(snapshot: Snapshot) -> str:
    """Plane, iteration and speed."""
    parts = [f"Plane {snapshot.plane + 1} of {snapshot.planes}"] if snapshot.planes > 1 else []
    most = "" if snapshot.iterations_left is None else f" of at most {snapshot.iteration + snapshot.iterations_left}"
    parts.append(f"iteration {snapshot.iteration}{most}")
    if snapshot.seconds > 0:
        parts.append(f"{snapshot.iteration / snapshot.seconds:.1f} it/s")
    text = " · ".join(parts)
    return text[0].upper() + text[1:]


def times_text(snapshot: Snapshot, elapsed: float) -> str:
    """Time gone and time to go."""
    left = seconds_left(snapshot)
    return f"Elapsed {duration(elapsed)}" + ("" if left is None else f" · at most {duration(left)} left")


def duration(seconds: float) -> str:
    """Seconds as 0:07, 12:34 or "1 h 02 min"."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes}:{rest:02}"


def fraction_restored(result: Result | None, planes: int) -> float | None:
    """Share of the planes that the run has reached; None without a result."""
    return None if result is None else min(1.0, len(result.record.planes) / planes)


def planes_text(reached: int, planes: int) -> str:
    """How much of a stack is restored and what the rest is; empty where all of it is."""
    if reached >= planes:
        return ""
    rest = f"plane {planes} still shows" if reached == planes - 1 else f"planes {reached + 1} to {planes} still show"
    return f"{reached} of {planes} planes are restored; {rest} the original."


def result_text(result: Result | None, planes: int = 1) -> str:
    """How much is restored, why it ended, what was kept and what of it is invented."""
    if result is None:
        return "Stopped before the first step: there is no result."
    parts = [planes_text(len(result.record.planes), planes), f"Ended: {_reasons(result)}."]
    plane = result.record.planes[0]
    if len(result.record.planes) == 1 and plane.iterations:
        parts.append(f"Kept: iteration {plane.chosen} of {plane.iterations}.")
    if result.record.invented > 0:
        parts.append(f"{percent(result.record.invented)} of the pixels are invented: do not measure there.")
    parts += result.record.notes
    return " ".join(filter(None, parts))


def _reasons(result: Result) -> str:
    """Why it ended; where the planes of a stack ended differently, how many or which for each reason."""
    reasons = planes_by_reason(result.record.planes)
    if len(reasons) < 2:
        return result.reason.value
    return "; ".join(f"{_which(numbers)}: {reason.value}" for reason, numbers in reasons)


def _which(numbers: Sequence[int]) -> str:
    if len(numbers) > _FEW:
        return f"{len(numbers)} planes"
    return f"plane{'s' if len(numbers) > 1 else ''} {', '.join(str(number + 1) for number in numbers)}"


def percent(fraction: float) -> str:
    """0.031 -> "3.1 %"."""
    return f"{100 * fraction:.2g} %" if fraction < 0.995 else f"{100 * fraction:.0f} %"
