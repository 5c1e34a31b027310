"""A newcomer's path, with the README and a mouse: sample, run, compare, keep, save, open again. Every click is a real one."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
import tifffile
from npe2 import PluginManifest
from qtpy.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from qtpy.QtGui import QDropEvent, QGuiApplication
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QFileDialog

import napari_deep_prior
from napari_deep_prior._napari.layers.source import KEY
from napari_deep_prior._napari.widget import DeepPriorWidget
from napari_deep_prior.cli import main

LEFT = Qt.MouseButton.LeftButton
MOST = 8
MANIFEST = Path(napari_deep_prior.__file__).parent / "napari.yaml"


class Mouse:
    """Clicks on what is in sight, and counts."""

    def __init__(self, window, qtbot):
        self._window, self._qtbot = window, qtbot
        self.clicks = 0

    def click(self, widget, at=None):
        self.press(widget, at)
        self.release(widget, at)

    def press(self, widget, at=None):
        assert widget.isVisible(), widget
        assert widget.isEnabled(), widget
        self.clicks += 1
        QTest.mousePress(widget, LEFT, pos=at or widget.rect().center())

    def release(self, widget, at=None):
        QTest.mouseRelease(widget, LEFT, pos=at or widget.rect().center())
        self._qtbot.wait(50)

    def menu(self, *words):
        """Along the menu bar, one click for each word."""
        bar = self._window.menuBar()
        for word in words:
            action = next(a for a in bar.actions() if a.text().replace("&", "").startswith(word))
            place = bar.actionGeometry(action)
            self.click(bar, QPoint(place.left() + 5, place.center().y()))
            bar = action.menu() or bar

    def drop(self, path):
        """A file from the desktop onto the canvas."""
        self.clicks += 1
        files, viewer = QMimeData(), self._window._qt_viewer
        files.setUrls([QUrl.fromLocalFile(str(path))])
        none = Qt.KeyboardModifier.NoModifier
        viewer.dropEvent(QDropEvent(QPointF(200, 200), Qt.DropAction.CopyAction, files, LEFT, none))


@pytest.fixture
def shown(npe2pm, make_napari_viewer):
    with (
        npe2pm.tmp_plugin(manifest=PluginManifest.from_file(MANIFEST)),
        npe2pm.tmp_plugin(manifest=PluginManifest.from_distribution("napari")),
    ):
        viewer = make_napari_viewer(show=True)
        viewer.window.resize(1280, 900)
        yield viewer


def test_sample_run_compare_keep_save_and_open_again(shown, qtbot, tmp_path, monkeypatch):
    viewer, mouse = shown, Mouse(shown.window._qt_window, qtbot)
    saved = tmp_path / "kept.tif"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (str(saved), ""))

    mouse.menu("Plugins", "Deep Image Prior")
    (panel,) = viewer.window._qt_window.findChildren(DeepPriorWidget)
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
