"""What is copied can be run, and gives the same bits as the window did."""

import shlex

import numpy as np
import tifffile
from qtpy.QtGui import QGuiApplication

from napari.layers import Image
from napari_deep_prior.cli import main


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


def test_the_copied_command_gives_the_same_bits(viewer, real_panel, scene, run_to_end):
    line = copied(real_panel.share, "copy_command")
    run_to_end(real_panel, timeout=60000)
    found = command_gives(line, scene / "my cells-inpainted.tif")
    assert (found == result_of(viewer).data).all()
    assert found.dtype == np.float32


def test_the_copied_program_gives_the_same_bits(viewer, real_panel, scene, run_to_end, capsys):
    program = copied(real_panel.share, "copy_python")
    run_to_end(real_panel, timeout=60000)
    names = {}
    exec(program, names)
    assert (names["result"].image == result_of(viewer).data).all()
    assert "iterations" in capsys.readouterr().out


def test_a_result_that_was_stopped_is_repeated_to_the_bit(viewer, real_panel, scene, qtbot):
    real_panel.problem.labels.value = None
    real_panel.basic.fill({"seconds": "auto"})
    real_panel.advanced.fill({"iterations": "auto", "stopping": "never"})
    real_panel.buttons.run.click()
    qtbot.waitUntil(lambda: "a second" in real_panel.status.steps.text(), timeout=60000)
    real_panel.buttons.stop.click()
    qtbot.waitUntil(lambda: real_panel.buttons.run.isEnabled(), timeout=60000)
    viewer.layers.selection.active = result_of(viewer)
    line = copied(real_panel.recall.share, "copy_command")
    assert (command_gives(line, scene / "my cells-denoised.tif") == result_of(viewer).data).all()
