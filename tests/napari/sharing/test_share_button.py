"""Share: a batch file, and what is said where nothing can be shared or something is to be saved first."""

import shlex

import numpy as np
import tifffile
from qtpy.QtGui import QGuiApplication
from qtpy.QtWidgets import QFileDialog, QMessageBox

from napari_deep_prior.cli import main
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


def test_layers_in_no_file_are_to_be_saved_first(viewer, real_panel, tmp_path, monkeypatch):
    """And the command that was copied then does what the window does."""
    viewer.add_image(RNG.poisson(50, (3, 32, 40)).astype(np.uint16), name="a/b", axis_labels=("t", "y", "x"))
    line = copied(real_panel.share, "copy_command")
    assert "denoise a-b.tif --output a-b-denoised.tif --axes TYX" in line
    assert "'a/b' is in no file yet: Share > Save its files…" in real_panel.status.message.text()
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path))
    real_panel.share.save_files()
    assert real_panel.status.message.text().startswith("Saved a-b.tif. Run")
    assert (tifffile.imread(tmp_path / "a-b.tif") == viewer.layers["a/b"].data).all()
    (tmp_path / "a-b.tif").write_bytes(b"precious")
    monkeypatch.setattr(QMessageBox, "question", lambda *_: QMessageBox.StandardButton.No)
    real_panel.share.save_files()
    assert (tmp_path / "a-b.tif").read_bytes() == b"precious"
    (tmp_path / "a-b.tif").unlink()
    real_panel.share.save_files()
    monkeypatch.chdir(tmp_path)
    assert main([*shlex.split(line)[1:], "--quiet"]) == 0


def test_nothing_to_share_is_said(real_panel):
    real_panel.share.copy_command()
    assert "no image yet" in real_panel.status.message.text()


def test_a_mask_that_is_drawn_is_saved_with_the_batch(viewer, real_panel, scene, run_to_end, tmp_path, monkeypatch):
    """And the batch then gives the same bits as the window."""
    drawn = viewer.add_shapes([np.array([[4, 4], [4, 12], [10, 12], [10, 4]])], name="a box")
    real_panel.problem.labels.value = drawn
    run_to_end(real_panel, timeout=60000)
    result = next(layer for layer in viewer.layers if "inpainted" in layer.name)
    real_panel.problem.image.value = viewer.layers["my cells"]
    copied(real_panel.share, "copy_command")
    assert "'a box' is in no file yet: Share > Save its files…" in real_panel.status.message.text()
    folder = tmp_path / "way"
    folder.mkdir()
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(folder / "way.toml"), ""))
    real_panel.share.save_batch()
    assert real_panel.status.message.text().startswith("Saved with a box.tif beside it. To run it:")
    assert (
        main(
            [
                "batch",
                str(folder / "way.toml"),
                str(scene / "my cells.tif"),
                "--output",
                str(tmp_path / "out"),
                "--quiet",
            ]
        )
        == 0
    )
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "out" / "my cells.tif"), result.data)
    monkeypatch.setattr(QMessageBox, "question", lambda *_: QMessageBox.StandardButton.No)
    real_panel.share.save_batch()
    assert real_panel.status.message.text() == "Nothing was saved.", "asked, as the file is there"
