"""A result repeated on the command line: the exit code says whether it differs."""

from __future__ import annotations

import json

import tifffile


def test_the_exit_code_says_whether_it_differs(run, image, tmp_path, capsys):
    out = tmp_path / "out.tif"
    assert run("denoise", image, "--output", out, "--preset", "fast", "--iterations", 2, "--quiet") == 0
    capsys.readouterr()
    assert run("rerun", out, "--quiet") == 0
    assert "The same bits as" in capsys.readouterr().err
    array = tifffile.imread(out)
    tifffile.imwrite(out, array + 50)
    assert run("rerun", f"{out}.json", image, "--quiet") == 1
    err = capsys.readouterr().err
    assert err.startswith("napari-deep-prior: Different from")
    assert "at most 50" in err
    assert err.count("\n") == 1


def test_what_is_missing_is_refused_in_one_line(run, image, mask, tmp_path, refusal, capsys):
    out = tmp_path / "out.tif"
    how = ("--preset", "fast", "--iterations", 2, "--quiet")
    assert run("inpaint", image, "--mask", mask, "--output", out, *how) == 0
    capsys.readouterr()
    mask.unlink()
    assert "--companions" in refusal("rerun", out)
    values = json.loads((tmp_path / "out.tif.json").read_text("utf-8"))
    assert values["companion_files"] == {"mask": str(mask)}
