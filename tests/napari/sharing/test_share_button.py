"""Share: a batch file, and what is said where nothing can be shared or something is to be saved first."""

import numpy as np
from qtpy.QtGui import QGuiApplication
from qtpy.QtWidgets import QFileDialog

from napari_deep_prior.workflows.workflow import read_workflow

RNG = np.random.default_rng(0)


def copied(button, what):
    getattr(button, what)()
    return QGuiApplication.clipboard().text()


def test_a_batch_says_the_same(real_panel, scene, tmp_path, monkeypatch):
    chosen = str(tmp_path / "way.toml")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (chosen, ""))
    real_panel.share.save_batch()
    way = read_workflow(tmp_path / "way.toml")
    assert way.task == "inpaint"
    assert way.parameters == {"keep_known": False}
    assert way.companions == {"mask": str(scene / "the 'mask'.tif")}
    assert way.settings == {"preset": "fast", "seconds": "never", "iterations": 5, "seed": 3}
    assert "napari-deep-prior batch way.toml" in real_panel.status.message.text()
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "none" / "way.toml"), ""))
    real_panel.share.save_batch()
    assert "could not be saved" in real_panel.status.message.text()


def test_layers_in_no_file_are_to_be_saved_first(viewer, real_panel):
    viewer.add_image(RNG.poisson(50, (3, 32, 40)), name="a/b", axis_labels=("t", "y", "x"))
    line = copied(real_panel.share, "copy_command")
    assert "denoise a-b.tif --output a-b-denoised.tif --axes TYX" in line
    assert "Save 'a-b'" in real_panel.status.message.text()


def test_nothing_to_share_is_said(real_panel):
    real_panel.share.copy_command()
    assert "no image yet" in real_panel.status.message.text()
