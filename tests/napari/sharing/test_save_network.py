"""The network of a run is kept in a file from the window, and draws another film."""

from __future__ import annotations

import numpy as np
from qtpy.QtWidgets import QFileDialog

from napari_deep_prior import read_network
from napari_deep_prior._napari.sharing import save_network as module

FILM = np.random.default_rng(0).poisson(60, (3, 32, 40)).astype(np.uint16)


def action_of(panel):
    (action,) = [action for action in panel.recall.share.menu().actions() if action.text() == "Save network…"]
    return action


def test_the_network_of_a_film_is_saved_and_read(viewer, quick_panel, run_to_end, qtbot, monkeypatch, tmp_path):
    chosen = [str(tmp_path / "mine")]
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (chosen[0], ""))
    viewer.add_image(FILM, name="cells", axis_labels="tyx")
    run_to_end(quick_panel, timeout=120000)
    action_of(quick_panel).trigger()
    path = tmp_path / "mine.safetensors"
    qtbot.waitUntil(lambda: "Saved mine.safetensors" in quick_panel.status.message.text(), timeout=60000)
    assert read_network(path).description.channels == 1
    monkeypatch.setattr(module, "confirmed", lambda *_: False)
    before = path.read_bytes()
    action_of(quick_panel).trigger()
    assert quick_panel.status.message.text() == "Nothing was saved."
    assert path.read_bytes() == before
    chosen[0] = ""
    quick_panel.status.say("as before")
    action_of(quick_panel).trigger()
    assert quick_panel.status.message.text() == "as before"


def test_why_there_is_none_is_said(viewer, quick_panel, run_to_end, qtbot, monkeypatch, tmp_path):
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (str(tmp_path / "mine.safetensors"), ""))
    viewer.add_image(FILM[0], name="cells")
    run_to_end(quick_panel, timeout=120000)
    action_of(quick_panel).trigger()
    qtbot.waitUntil(lambda: "could not be saved" in quick_panel.status.message.text(), timeout=60000)
    assert "fit of its own" in quick_panel.status.message.text()
    assert not (tmp_path / "mine.safetensors").exists()
    viewer.layers.selection.active = viewer.layers["cells"]
    action_of(quick_panel).trigger()
    assert "Only the network of the last run" in quick_panel.status.message.text()
