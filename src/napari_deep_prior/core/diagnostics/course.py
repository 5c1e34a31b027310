"""How a run went, as far as it bears on trust: planes that were not reached, fits that had hardly begun."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from napari_deep_prior.core.results import PlaneReport, StopReason

FEW_STEPS = 100
"""Steps below which a network has drawn little but the coarse; results of fewer are told of."""

_BUDGETS = {StopReason.SECONDS.name: "the time budget", StopReason.ITERATIONS.name: "the number of iterations"}


def course_warnings(reports: Sequence[PlaneReport], planes: int) -> tuple[str, ...]:
    """What the course of a run speaks against its result, in words.

    Parameters
    ----------
    reports
        Of the planes that were reached.
    planes
        How many the image has.
    """
    return tuple(_warnings(reports, planes))


def unrestored(reports: Sequence[PlaneReport], planes: int) -> list[int]:
    """Numbers of the planes, from 0, that are as they were because the run did not reach them."""
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
        yield f"{count} of {planes} planes are restored: {numbered(missing)} still show the original."
    cut = [report.plane for report in reports if report.reason == StopReason.REQUESTED.name]
    if cut and planes > 1:
        yield f"{numbered(cut).capitalize()} was stopped before its end."


def _chosen_early(by_hand: Sequence[PlaneReport], planes: int) -> Iterator[str]:
    for report in by_hand:
        if report.chosen < min(FEW_STEPS, report.iterations / 2):
            which = f" of plane {report.plane + 1}" if planes > 1 else ""
            yield (
                f"Step {report.chosen}{which}, of {report.iterations}, was chosen by hand: so early the network has drawn "
                "little but the coarse. Look at the residual."
            )


def _ended_early(fitted: Sequence[PlaneReport], planes: int) -> Iterator[str]:
    """A budget that ended a fit before it had begun in earnest; where a rule ended it, few steps may be enough."""
    for reason, budget in _BUDGETS.items():
        early = [report for report in fitted if report.reason == reason and report.iterations < FEW_STEPS]
        if early:
            which = f" on {numbered([report.plane for report in early])}" if planes > 1 else ""
            yield (
                f"Ended by {budget} after {max(report.iterations for report in early)} steps{which}: the fit had hardly "
                "begun. Give it more time, or press Resume."
            )
