"""The paragraph for a paper, and the checklist, from a result on disk."""

from __future__ import annotations

import json

from napari_deep_prior import methods_paragraph
from napari_deep_prior.workflows.find_record import find_record


def test_a_result_gets_its_paragraph_and_its_checklist(run, image, tmp_path, capsys):
    out = tmp_path / "out.tif"
    assert run("denoise", image, "--output", out, "--preset", "fast", "--iterations", 2, "--quiet") == 0
    capsys.readouterr()
    for result in (out, f"{out}.json"):
        assert run("methods", result) == 0
        assert capsys.readouterr().out == methods_paragraph(find_record(out)) + "\n"
    assert run("methods", out, "--checklist", "json") == 0
    assert json.loads(capsys.readouterr().out)["points"]
    assert run("methods", out, "--checklist", "markdown") == 0
    assert capsys.readouterr().out.startswith("# Image analysis: minimal checklist\n")


def test_an_image_without_record_is_refused_in_one_line(image, refusal):
    assert "no record is in it" in refusal("methods", image)
    assert "does not exist" in refusal("methods", "gone.tif")
