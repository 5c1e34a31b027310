"""A result saved with its record; never over what it came from."""

import json

import numpy as np
import tifffile
from qtpy.QtWidgets import QFileDialog

from napari_deep_prior import Record, files, replay
from napari_deep_prior._napari.layers.source import KEY
from napari_deep_prior._napari.widget import DeepPriorWidget


def test_a_saved_result_keeps_its_size_and_repeats(viewer, tmp_path, monkeypatch, run_to_end):

    panel = DeepPriorWidget(viewer)
    viewer.window.add_dock_widget(panel)
    panel.basic.fill({"preset": "fast", "seconds": "never"})
    panel.advanced.fill({"iterations": 4})
    image = np.random.default_rng(0).poisson(50, (32, 40)).astype(np.uint16)
    viewer.add_image(image, name="cells", scale=(0.2, 0.1), units=("um", "um"), axis_labels=("y", "x"))
    run_to_end(panel, timeout=60000)
    result = viewer.layers["cells · denoised"]
    viewer.layers.selection.active = result
    path = tmp_path / "out.tif"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    panel.recall.save.click()
    assert panel.status.message.text() == "Saved out.tif and its record out.tif.json."
    again = files.read(path)
    assert (again.array == result.data).all()
    assert (again.pixel_size["Y"].size, again.pixel_size["Y"].unit) == (0.2, "µm")
    record = Record.from_json(files.sidecar(path).read_text())
    assert (replay(image, record).image == result.data).all()
    assert json.loads(files.sidecar(path).read_text())["layers"] == {"image": "cells"}
    assert result.metadata[KEY]["layers"] == {"image": "cells"}


def test_what_cannot_be_saved_is_said(viewer, panel, image, run_to_end, tmp_path, monkeypatch):
    viewer.add_image(image, name="cells")
    run_to_end(panel)
    viewer.layers.selection.active = viewer.layers[-1]
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "none" / "out.tif"), ""))
    panel.recall.save.click()
    assert "does not exist" in panel.status.message.text()
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: ("", ""))
    panel.recall.save.click()
    assert not list(tmp_path.glob("*.tif"))
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "plain"), ""))
    panel.recall.save.click()
    assert tifffile.imread(tmp_path / "plain.tif").shape == image.shape
