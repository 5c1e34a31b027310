"""A newcomer's path, with the README and a mouse: sample, run, compare, keep, save, open again. Every click is a real one."""

from __future__ import annotations

import shlex

import tifffile
from qtpy.QtGui import QGuiApplication
from qtpy.QtWidgets import QFileDialog

from napari_deep_prior._napari.layers.source import KEY
from napari_deep_prior.cli import main

MOST = 8


def test_sample_run_compare_keep_save_and_open_again(session, qtbot, tmp_path, monkeypatch):
    viewer, mouse = session.viewer, session
    saved = tmp_path / "kept.tif"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (str(saved), ""))

    mouse.menu("Plugins", "Deep Image Prior")
    panel = mouse.panel
    mouse.click(panel.welcome.sample)
    source = viewer.layers["noisy cells"]
    source.scale, source.units = (0.1, 0.1), ("um", "um")  # as a microscope's file would have it

    mouse.click(panel.buttons.run)
    qtbot.waitUntil(lambda: "a second" in panel.status.steps.text(), timeout=60000)
    kept = viewer.layers["noisy cells · denoised"]
    mouse.press(panel.sections["Compare"].hold)
    assert source.visible
    assert not kept.visible
    mouse.release(panel.sections["Compare"].hold)
    assert kept.visible
    mouse.click(panel.buttons.stop)  # keeps what there is
    qtbot.waitUntil(panel.buttons.run.isEnabled, timeout=60000)
    mouse.click(panel.recall.save)
    assert saved.is_file()
    mouse.drop(saved)
    qtbot.waitUntil(lambda: "kept" in viewer.layers, timeout=60000)
    assert mouse.clicks <= MOST

    again = viewer.layers["kept"]
    assert (again.data == kept.data).all()
    assert (again.extent.world == kept.extent.world).all()
    assert again.units == kept.units
    made = kept.metadata[KEY]
    assert again.metadata[KEY]["settings"] == made["settings"]

    panel.basic.fill({"preset": "fast"})
    mouse.click(panel.recall.button)
    assert panel.basic.values()["preset"] == made["settings"]["preset"]

    panel.recall.share.copy_command()
    words = shlex.split(QGuiApplication.clipboard().text())
    tifffile.imwrite(tmp_path / words[2], source.data)  # the panel has said: save it under that name first
    monkeypatch.chdir(tmp_path)
    assert main([*words[1:], "--quiet"]) == 0
    assert (tifffile.imread(words[words.index("--output") + 1]) == kept.data).all()
