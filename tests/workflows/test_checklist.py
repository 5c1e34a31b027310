"""The checklist is answered by the record, and says what is left to the author."""

from __future__ import annotations

import dataclasses
import json

from napari_deep_prior.workflows.checklist import as_json, as_markdown, checklist


def test_all_minimal_points_are_there(record):
    minimal = {point.asked for point in checklist(record) if point.level == "minimal"}
    assert minimal == {
        "Cite workflow and platform",
        "Exact version",
        "Key settings",
        "Example data and code",
        "Manual regions of interest",
        "Cite original method",
        "Access to model",
    }


def test_markdown_ticks_what_is_answered_and_no_more(record):
    points = checklist(record)
    lines = as_markdown(points).splitlines()
    assert sum(line.startswith("- [x]") for line in lines) == sum(not point.yours for point in points)
    assert sum(line.startswith("  - Yours to add:") for line in lines) == sum(bool(point.yours) for point in points)
    assert "Nature Methods 21, 170-181 (2024)" in lines[2]


def test_json_says_the_same(record):
    points = checklist(record)
    assert json.loads(as_json(points))["points"] == [dataclasses.asdict(point) for point in points]


def test_hashes_name_the_data(record):
    mask = {"sha256": "abc", "shape": [32, 40], "dtype": "uint8"}
    masked = dataclasses.replace(record, companions={"mask": mask})
    text = as_markdown(checklist(masked))
    assert record.input["sha256"] in text
    assert "mask abc" in text
    assert "Arrays that went with the image: mask." in text
    assert "the whole image was treated alike" in as_markdown(checklist(record))
