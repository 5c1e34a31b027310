"""The minimal checklist of QUAREP-LiMi's working group 12 for image analysis, filled in as far as a record can."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator

from napari_deep_prior.core.results import Record
from napari_deep_prior.workflows.methods_section import (
    HOMEPAGE,
    device_said,
    limits,
    methods_used,
    references,
    settings_said,
    versions_said,
)

SOURCE = "Schmied, C. et al. Community-developed checklists for publishing images and image analyses. Nature Methods 21, 170-181 (2024)"

_TITLE = "Image analysis: minimal checklist"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One point of the checklist.

    Attributes
    ----------
    asked
        What it asks for, in the checklist's words.
    level
        Minimal or recommended.
    answer
        What the record says, in whole sentences.
    yours
        What the record cannot know and the author adds; empty where nothing is.
    """

    asked: str
    level: str
    answer: str
    yours: str = ""


def checklist(record: Record) -> tuple[Point, ...]:
    """The points for established and for machine-learning workflows that a record can answer.

    Raises
    ------
    ValueError
        If the record's task is unknown to this version.
    """
    return tuple(_points(record))


def as_markdown(points: tuple[Point, ...]) -> str:
    """A list to tick off: what is answered is ticked, what is left to the author is not."""
    lines = [f"# {_TITLE}", "", f"After {SOURCE}.", ""]
    for point in points:
        lines += [f"- [{' ' if point.yours else 'x'}] **{point.asked}** ({point.level}): {point.answer}"]
        lines += [f"  - Yours to add: {point.yours}"] if point.yours else []
    return "\n".join([*lines, ""])


def as_json(points: tuple[Point, ...]) -> str:
    """The same as indented JSON."""
    return json.dumps(
        {"title": _TITLE, "source": SOURCE, "points": [dataclasses.asdict(point) for point in points]}, indent=1
    )


def _points(record: Record) -> Iterator[Point]:
    program, *papers = references(record)
    methods = " and ".join(methods_used(record)) or "none"
    yield Point(asked="Cite workflow and platform", level="minimal", answer=f"{program}.")
    yield Point(asked="Exact version", level="minimal", answer=f"{versions_said(record)}.")
    yield Point(
        asked="Key settings",
        level="minimal",
        answer=f"Task {record.task['name']}, method {methods}, {settings_said(record)}, seed {record.settings.get('seed', 0)}.",
    )
    yield Point(
        asked="Example data and code",
        level="minimal",
        answer=f"The code is at {HOMEPAGE}. {_data(record)}",
        yours="where the image as it was measured, the result and its record can be had.",
    )
    yield Point(
        asked="Manual regions of interest", level="minimal", answer=_regions(record), yours=_kept_regions(record)
    )
    yield Point(asked="Cite original method", level="minimal", answer=" ".join(papers) or "None was used.")
    yield Point(
        asked="Access to model",
        level="minimal",
        answer="There is no trained model: the network starts from random numbers and is fitted to this image alone. "
        "Image, record and program make it again (napari-deep-prior rerun).",
    )
    yield Point(
        asked="Training and metadata",
        level="recommended",
        answer=f"No training data. {sum(plane.iterations for plane in record.planes)} steps, {record.seconds:.3g} s on "
        f"{device_said(record)}; {_repeats(record)}",
    )
    yield Point(
        asked="Limitations",
        level="recommended",
        answer=" ".join(limits(record)),
        yours="how the result was compared with the image as it was measured, and in which of the two intensities were measured.",
    )


def _data(record: Record) -> str:
    given = {"image": record.input, **record.companions}
    hashes = ", ".join(f"{name} {found['sha256']}" for name, found in given.items())
    return f"SHA-256 of the arrays that went in: {hashes}."


def _regions(record: Record) -> str:
    if not record.companions:
        return "None: the whole image was treated alike."
    return f"Arrays that went with the image: {', '.join(record.companions)}."


def _kept_regions(record: Record) -> str:
    return "these arrays as files, and how they were made." if record.companions else ""


def _repeats(record: Record) -> str:
    if record.deterministic:
        return "a repetition with the same versions on the same processor gives the same bits."
    return "a repetition differs in its last digits."
