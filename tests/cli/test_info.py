"""The facts about this machine."""

from __future__ import annotations

import napari_deep_prior as package


def test_info_names_what_would_be_used(capsys, run):
    assert run("info") == 0
    out = capsys.readouterr().out
    assert package.__version__ in out
    assert "would be used" in out
