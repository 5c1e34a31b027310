"""Durations, fractions and stop reasons in words."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from napari_deep_prior.core.diagnostics.course import numbered, percent, restored_of
from napari_deep_prior.workflows.summary import planes_by_reason

if TYPE_CHECKING:
    from napari_deep_prior.core.results import Result, Snapshot

_FEW = 3
"""Up to this number, planes are listed; more are counted."""


def fraction_done(snapshot: Snapshot) -> float | None:
    """Fraction of all steps on all planes, 0 to 1; None where the number of steps is not known."""
    if snapshot.iterations_left is None:
        return None
    plane = snapshot.iteration / max(1, snapshot.iteration + snapshot.iterations_left)
    if snapshot.stage == "distilling":
        return 0.5
    if snapshot.stage == "learning":
        return plane / 2
    whole = (snapshot.turn + plane) / snapshot.planes
    return (1 + whole) / 2 if snapshot.stage == "drawing" else whole


def seconds_left(snapshot: Snapshot) -> float | None:
    """Seconds left at the speed so far, if later planes take as long as this one; of a network that learns, until it draws.

    None where it is not known.
    """
    if snapshot.iterations_left is None or not snapshot.iteration or snapshot.stage == "distilling":
        return None
    per_step = snapshot.seconds / snapshot.iteration
    if snapshot.stage == "learning":
        return per_step * snapshot.iterations_left
    per_plane = per_step * (snapshot.iteration + snapshot.iterations_left)
    return per_step * snapshot.iterations_left + per_plane * (snapshot.planes - snapshot.turn - 1)


def steps_text(snapshot: Snapshot, place: str = "") -> str:
    """Plane, iteration and speed (iterations per second). `place` is where the plane lies, "t 5 · z 2"."""
    plane = f"plane {snapshot.plane + 1} of {snapshot.planes}"
    parts = [f"{place} ({plane})" if place else plane] if snapshot.planes > 1 else []
    left = snapshot.iterations_left
    limit = "" if left is None else f" of at most {snapshot.iteration + left}"
    if snapshot.stage == "drawing":
        return _sentence([*parts, f"drawing {snapshot.iteration}{limit}"], place)
    if snapshot.stage == "distilling":
        return _distilling_text(snapshot)
    if snapshot.stage == "learning":
        shown = [f"{parts[0]} is shown"] if place and parts else []
        parts = [f"learning for all {snapshot.planes} planes", *shown] if parts else ["learning"]
    parts.append(f"iteration {snapshot.iteration}{limit}")
    if snapshot.seconds > 0:
        parts.append(f"{snapshot.iteration / snapshot.seconds:.1f} a second")  # "it/s" would be broken at its stroke
    return _sentence(parts, place)


def _distilling_text(snapshot: Snapshot) -> str:
    whole = f"for all {snapshot.planes} planes" if snapshot.planes > 1 else "for the image"
    return f"Distilling a faster network {whole} · {snapshot.iteration} of {snapshot.iteration + (snapshot.iterations_left or 0)}"


def _sentence(parts: Sequence[str], place: str) -> str:
    """With a capital, except where the first is the name of an axis."""
    text = " · ".join(parts)
    return text if place and text.startswith(place) else text[0].upper() + text[1:]


def times_text(snapshot: Snapshot, elapsed: float) -> str:
    """Elapsed and remaining time; `elapsed` in seconds."""
    left = seconds_left(snapshot)
    then = ", then all planes are drawn" if snapshot.stage == "learning" else ""
    return f"Elapsed {duration(elapsed)}" + ("" if left is None else f" · at most {duration(left)} left{then}")


def duration(seconds: float) -> str:
    """Seconds as 0:07, 12:34 or "1 h 02 min"."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes}:{rest:02}"


def restored_text(count: int, planes: int) -> str:
    """How many planes of a stack are restored; empty where all are."""
    return "" if count >= planes else restored_of(count, planes, "planes")


def planes_text(reached: Collection[int], planes: int) -> str:
    """How many planes of a stack are restored, given their numbers, and what the others show; empty where all are restored."""
    rest = [number for number in range(planes) if number not in reached]
    if not rest:
        return ""
    shows = "shows" if len(rest) == 1 else "show"
    return f"{restored_text(planes - len(rest), planes)}; {numbered(rest)} still {shows} the original."


def result_text(result: Result | None, planes: int = 1, missing: str = "") -> str:
    """Message at the end of a run: planes restored, stop reasons, kept iteration, missing and invented pixels, notes."""
    if result is None:
        return "Stopped before the first step: there is no result."
    parts = [planes_text({plane.plane for plane in result.record.planes}, planes), f"Ended: {_reasons(result)}."]
    plane = result.record.planes[0]
    if len(result.record.planes) == 1 and plane.iterations > 1:
        parts.append(f"Kept: iteration {plane.chosen} of {plane.iterations}.")
    parts.append(missing)
    if result.record.invented > 0:
        parts.append(f"{percent(result.record.invented)} of the pixels are invented: do not measure there.")
    parts += result.record.notes
    return " ".join(filter(None, parts))


def not_begun(count: int) -> str:
    """Of several, how many were not begun; empty where all were."""
    return "" if not count else f"{count} {'was' if count == 1 else 'were'} not begun."


def warned(count: int) -> str:
    """That Trust warns, where one looks when a run has ended; empty where it does not. The sign stays on one line with its words."""
    return "" if not count else f"⚠\N{NO-BREAK SPACE}Trust has {count} warning{'s' if count > 1 else ''}."


def _reasons(result: Result) -> str:
    """The stop reason; with the planes it applies to where the planes of a stack have different ones."""
    reasons = planes_by_reason(result.record.planes)
    if len(reasons) < 2:
        return result.reason.value
    return "; ".join(f"{_which(numbers)}: {reason.value}" for reason, numbers in reasons)


def _which(numbers: Sequence[int]) -> str:
    if len(numbers) > _FEW:
        return f"{len(numbers)} planes"
    return f"plane{'s' if len(numbers) > 1 else ''} {', '.join(str(number + 1) for number in numbers)}"
