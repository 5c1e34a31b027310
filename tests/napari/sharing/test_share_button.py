"""What is copied can be run, and gives the same bits as the window did."""

import shlex

import numpy as np
import pytest
import tifffile
from qtpy.QtGui import QGuiApplication
from qtpy.QtWidgets import QFileDialog

from napari.layers import Image
from napari_deep_prior.cli import main
from napari_deep_prior.workflows.workflow import read_workflow

RNG = np.random.default_rng(0)


@pytest.fixture
def panel(viewer):
    """With the real engine."""
    from napari_deep_prior._napari.widget import DeepPriorWidget

    widget = DeepPriorWidget(viewer)
    viewer.window.add_dock_widget(widget)
    widget.basic.fill({"preset": "fast", "seconds": "never"})
    widget.advanced.fill({"iterations": 5, "seed": 3})
    return widget


@pytest.fixture
def scene(viewer, panel, tmp_path):
    """A noisy picture with a mask, both opened from files whose names need quoting."""
    mask = np.zeros((32, 40), np.uint8)
    mask[8:12, 8:20] = 1
    tifffile.imwrite(tmp_path / "my cells.tif", RNG.poisson(50, (32, 40)).astype(np.uint16))
    tifffile.imwrite(tmp_path / "the 'mask'.tif", mask)
    viewer.open(tmp_path / "my cells.tif", plugin="napari")
    viewer.open(tmp_path / "the 'mask'.tif", plugin="napari", layer_type="labels")
    panel.problem.labels.value = viewer.layers[-1]
    panel.problem.form.fill({"keep_known": False})
    return tmp_path


def copied(button, what):
    getattr(button, what)()
    return QGuiApplication.clipboard().text()


def result_of(viewer):
    """The topmost image: the mask stays above the result it belongs to."""
    return next(layer for layer in reversed(viewer.layers) if isinstance(layer, Image))


def command_gives(line, output):
    words = shlex.split(line)
    assert words[0] == "napari-deep-prior"
    assert main([*words[1:], "--quiet"]) == 0
    return tifffile.imread(output)


def test_the_copied_command_gives_the_same_bits(viewer, panel, scene, run_to_end):
    line = copied(panel.share, "copy_command")
    run_to_end(panel, timeout=60000)
    found = command_gives(line, scene / "my cells-inpainted.tif")
    assert (found == result_of(viewer).data).all()
    assert found.dtype == np.float32


def test_the_copied_program_gives_the_same_bits(viewer, panel, scene, run_to_end, capsys):
    program = copied(panel.share, "copy_python")
    run_to_end(panel, timeout=60000)
    names = {}
    exec(program, names)
    assert (names["result"].image == result_of(viewer).data).all()
    assert "iterations" in capsys.readouterr().out


def test_a_result_that_was_stopped_is_repeated_to_the_bit(viewer, panel, scene, qtbot):
    panel.problem.labels.value = None
    panel.basic.fill({"seconds": "auto"})
    panel.advanced.fill({"iterations": "auto", "stopping": "never"})
    panel.buttons.run.click()
    qtbot.waitUntil(lambda: "it/s" in panel.status.steps.text(), timeout=60000)
    panel.buttons.stop.click()
    qtbot.waitUntil(lambda: panel.buttons.run.isEnabled(), timeout=60000)
    viewer.layers.selection.active = result_of(viewer)
    line = copied(panel.recall.share, "copy_command")
    assert (command_gives(line, scene / "my cells-denoised.tif") == result_of(viewer).data).all()


def test_a_batch_says_the_same(panel, scene, tmp_path, monkeypatch):
    chosen = str(tmp_path / "way.toml")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (chosen, ""))
    panel.share.save_batch()
    way = read_workflow(tmp_path / "way.toml")
    assert way.task == "inpaint"
    assert way.parameters == {"keep_known": False}
    assert way.companions == {"mask": str(scene / "the 'mask'.tif")}
    assert way.settings == {"preset": "fast", "seconds": "never", "iterations": 5, "seed": 3}
    assert "napari-deep-prior batch way.toml" in panel.status.message.text()
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "none" / "way.toml"), ""))
    panel.share.save_batch()
    assert "could not be saved" in panel.status.message.text()


def test_layers_in_no_file_are_to_be_saved_first(viewer, panel):
    viewer.add_image(RNG.poisson(50, (3, 32, 40)), name="a/b", axis_labels=("t", "y", "x"))
    line = copied(panel.share, "copy_command")
    assert "denoise a-b.tif --output a-b-denoised.tif --axes TYX" in line
    assert "Save 'a-b'" in panel.status.message.text()


def test_nothing_to_share_is_said(panel):
    panel.share.copy_command()
    assert "no image yet" in panel.status.message.text()
