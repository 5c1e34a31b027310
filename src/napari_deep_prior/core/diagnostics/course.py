"""Course of a run, as far as it bears on trust: planes that were not reached, fits that ended too early."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from napari_deep_prior.core.results import PlaneReport, StopReason

FEW_STEPS = 100
"""Steps below which a network has drawn coarse structures only; results of fewer steps raise a warning."""

_BUDGETS = {
    StopReason.SECONDS.name: ("the time budget", "time"),
    StopReason.ITERATIONS.name: ("the number of iterations", "iterations"),
}
"""What ended a fit, and what it wants more of."""


def course_warnings(reports: Sequence[PlaneReport], planes: int) -> tuple[str, ...]:
    """Warnings about a result from the course of its run, in words.

    Parameters
    ----------
    reports
        Reports of the planes that were reached.
    planes
        Number of planes of the image.
    """
    return tuple(_warnings(reports, planes))


def unrestored(reports: Sequence[PlaneReport], planes: int) -> list[int]:
    """Numbers, from 0, of the planes that the run did not reach."""
    reached = {report.plane for report in reports}
    return [number for number in range(planes) if number not in reached]


def numbered(planes: Sequence[int]) -> str:
    """Ascending numbers from 0 as a user counts them: "plane 3", "planes 6-12", "planes 1, 4-5"."""
    runs: list[list[int]] = []
    for number in planes:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    spans = [str(run[0] + 1) if len(run) == 1 else f"{run[0] + 1}-{run[-1] + 1}" for run in runs]
    return f"plane{'' if len(planes) == 1 else 's'} {', '.join(spans)}"


def restored_of(count: int, whole: int, things: str) -> str:
    """How many of them are restored: "1 of 6 planes is restored"."""
    return f"{count} of {whole} {things} {'is' if count == 1 else 'are'} restored"


def percent(fraction: float) -> str:
    """0.031 -> "3.1 %"."""
    return f"{100 * fraction:.2g} %" if fraction < 0.995 else f"{100 * fraction:.0f} %"


def _verb(planes: Sequence[int], one: str, more: str) -> str:
    return one if len(planes) == 1 else more


def _warnings(reports: Sequence[PlaneReport], planes: int) -> Iterator[str]:
    fitted = [report for report in reports if report.iterations > 0]
    by_hand = [report for report in fitted if any("chosen by hand" in note for note in report.notes)]
    yield from _incomplete(reports, planes)
    yield from _chosen_early(by_hand, planes)
    yield from _ended_early([report for report in fitted if report not in by_hand], planes)


def _incomplete(reports: Sequence[PlaneReport], planes: int) -> Iterator[str]:
    """Planes of a stack that were not reached, or not to their end."""
    if missing := unrestored(reports, planes):
        count = planes - len(missing)
        yield f"{restored_of(count, planes, 'planes')}: {numbered(missing)} still {_verb(missing, 'shows', 'show')} the original."
    cut = sorted(report.plane for report in reports if report.reason == StopReason.REQUESTED.name)
    if cut and planes > 1:
        yield f"{numbered(cut).capitalize()} {_verb(cut, 'was stopped before its end', 'were stopped before their end')}."


def _chosen_early(by_hand: Sequence[PlaneReport], planes: int) -> Iterator[str]:
    for report in by_hand:
        if report.chosen < min(FEW_STEPS, report.iterations / 2):
            which = f" of plane {report.plane + 1}" if planes > 1 else ""
            yield (
                f"Step {report.chosen}{which}, of {report.iterations}, was chosen by hand: by then the network has drawn "
                "coarse structures only. Look at the residual."
            )


def _ended_early(fitted: Sequence[PlaneReport], planes: int) -> Iterator[str]:
    """Fits that a budget ended too early. Where a stopping rule ended a fit, few steps may be enough."""
    for reason, (budget, more) in _BUDGETS.items():
        early = [report for report in fitted if report.reason == reason and report.iterations < FEW_STEPS]
        if early:
            which = f" on {numbered(sorted(report.plane for report in early))}" if planes > 1 else ""
            yield (
                f"Ended by {budget} after {max(report.iterations for report in early)} steps{which}: too few for "
                f"fine detail. Give it more {more}, or press Resume."
            )
