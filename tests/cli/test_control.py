"""The controls of a result on the command line."""

from __future__ import annotations

import numpy as np
import tifffile


def test_both_controls_say_what_they_found_and_what_not(run, tmp_path, capsys):
    y, x = np.mgrid[:48, :56]
    image = np.random.default_rng(0).poisson(200 + 80 * np.sin(x / 9) * np.cos(y / 7)).astype(np.uint16)
    tifffile.imwrite(tmp_path / "in.tif", image)
    out = tmp_path / "out.tif"
    assert run("denoise", tmp_path / "in.tif", "--output", out, "--preset", "instant", "--quiet") == 0
    capsys.readouterr()
    assert run("control", out, "--quiet") == 0
    found = capsys.readouterr().out
    assert found.startswith("On a flat field with this image's noise")
    assert "does not say" in found
    assert run("control", out, "--frequency", "--quiet") == 0
    found = capsys.readouterr().out
    assert found.startswith("Detail down to ")
    assert "It is no resolution" in found


def test_what_cannot_be_tested_is_refused_in_one_line(image, refusal):
    assert "does not exist" in refusal("control", "gone.tif")
    assert "no plane 2" in refusal("control", image, "--plane", 2)
