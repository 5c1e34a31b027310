"""A driver of real sessions: it clicks, walks along menus, answers dialogs, and reads what is drawn on the screen."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from npe2 import PluginManifest
from qtpy.QtCore import QMimeData, QPoint, QPointF, Qt, QTimer, QUrl
from qtpy.QtGui import QDropEvent
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QFileDialog, QLineEdit, QMessageBox

import napari_deep_prior
from napari_deep_prior._napari.sections.curtain import camera_of
from napari_deep_prior._napari.widget import DeepPriorWidget

LEFT = Qt.MouseButton.LeftButton
MANIFEST = Path(napari_deep_prior.__file__).parent / "napari.yaml"


class Session:
    """A shown window and whoever sits before it. Everything is done to what is in sight; clicks are counted."""

    def __init__(self, viewer, qtbot):
        self.viewer, self._window, self._qtbot = viewer, viewer.window._qt_window, qtbot
        self.clicks = 0

    @property
    def panel(self):
        """The only one in the window."""
        (panel,) = self._window.findChildren(DeepPriorWidget)
        return panel

    def set(self, **values):
        """Fields of the panel, wherever they are in it; then the quickest fit there is, unless told otherwise."""
        quick = {"preset": "fast", "seconds": "never", "iterations": 4, "device": "cpu", "method": "recorrupted"}
        for form in (self.panel.problem.form, self.panel.basic, self.panel.advanced):
            form.fill_valid({**quick, **values})  # recorrupted: nothing is mixed with it, which takes long

    def run(self, **values):
        self.set(**values)
        self.click(self.panel.buttons.run)
        self.wait_for_end()

    def wait_for_end(self):
        self._qtbot.waitUntil(self.panel.buttons.run.isEnabled, timeout=60000)

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

    def answer(self, *words):
        """To the dialogs that come next, one each: type the name of a file, or press the button that says this.

        What nobody asked for ends with the session: it is no answer to a dialog of the next one.
        """
        waiting, done = list(words), []

        def look():
            if self.viewer is None:
                return
            dialog = QApplication.activeModalWidget()
            if dialog is not None and dialog not in done and dialog.isVisible():
                done.append(dialog)
                self._answer(dialog, waiting.pop(0))
            if waiting:
                QTimer.singleShot(50, look)

        QTimer.singleShot(50, look)

    def _answer(self, dialog, words):
        if isinstance(dialog, QFileDialog):
            (field, *_) = dialog.findChildren(QLineEdit)
            field.setText(words)
            QTimer.singleShot(0, lambda: QTest.keyClick(field, Qt.Key.Key_Return))
        elif isinstance(dialog, QMessageBox):
            button = next(b for b in dialog.buttons() if b.text().replace("&", "") == words)
            QTimer.singleShot(0, button.click)
        else:
            dialog.reject()
            raise AssertionError(dialog)

    def drop(self, path):
        """A file from the desktop onto the canvas."""
        self.clicks += 1
        files, viewer = QMimeData(), self._window._qt_viewer
        files.setUrls([QUrl.fromLocalFile(str(path))])
        none = Qt.KeyboardModifier.NoModifier
        viewer.dropEvent(QDropEvent(QPointF(200, 200), Qt.DropAction.CopyAction, files, LEFT, none))

    def picture(self, layer):
        """What the canvas shows at the middle of each pixel of this layer, as grey values; NaN beyond the rim of the canvas."""
        self._qtbot.wait(100)
        drawn = self.viewer.screenshot(canvas_only=True, flash=False)[..., :3].mean(axis=-1)
        camera, shape = camera_of(self.viewer), layer.data.shape[-2:]
        corners = np.array([layer.data_to_world((0, 0))[-2:], layer.data_to_world(np.array(shape) - 1.0)[-2:]])
        places = (corners - np.asarray(camera.center[-2:])) * camera.zoom + (np.array(drawn.shape) - 1) / 2
        rows, columns = (np.rint(np.linspace(*places[:, axis], shape[axis])).astype(int) for axis in (0, 1))
        found = np.full(shape, np.nan)
        there = np.ix_((rows >= 0) & (rows < drawn.shape[0]), (columns >= 0) & (columns < drawn.shape[1]))
        found[there] = drawn[np.ix_(rows[there[0].ravel()], columns[there[1].ravel()])]
        return found


@pytest.fixture
def session(npe2pm, make_napari_viewer, qtbot):
    with (
        npe2pm.tmp_plugin(manifest=PluginManifest.from_file(MANIFEST)),
        npe2pm.tmp_plugin(manifest=PluginManifest.from_distribution("napari")),
    ):
        own = Qt.ApplicationAttribute.AA_DontUseNativeDialogs  # those of the system cannot be driven
        QApplication.setAttribute(own, True)
        viewer = make_napari_viewer(show=True)
        viewer.window.resize(1280, 900)
        session = Session(viewer, qtbot)
        yield session
        QApplication.setAttribute(own, False)
        session.viewer = session._window = None  # napari looks for whoever still holds its window
