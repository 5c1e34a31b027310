"""Keys in the panel and on the canvas, the order of Tab, and spoken names."""

import itertools

import pytest
from qtpy.QtCore import QCoreApplication, QEvent, QPoint, Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QAbstractItemView, QApplication, QLabel, QMenu, QScrollArea, QScrollBar, QWidget


def test_keys_run_and_stop_while_the_panel_has_the_keyboard(viewer, panel, image, qtbot, fake, show):
    fake.steps, fake.pause = 4000, 0.01
    viewer.add_image(image, name="cells")
    show(panel)
    panel.window().activateWindow()
    panel.problem.image.native.setFocus()
    qtbot.waitUntil(lambda: QApplication.focusWidget() is not None, timeout=60000)
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert panel.buttons.stop.isEnabled(), panel.status.message.text()
    qtbot.waitUntil(lambda: panel.status.times.text() != "", timeout=60000)
    qtbot.keyClick(panel.problem.image.native, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: panel.buttons.run.isEnabled(), timeout=60000)
    assert "Ctrl+Return" in panel.buttons.run.toolTip()


def test_tab_goes_from_top_to_bottom(viewer, panel, image, reachable, show):
    viewer.add_image(image)
    panel.form.section.button.click()
    show(panel)
    QApplication.processEvents()
    (area,) = panel.findChildren(QScrollArea)
    scrolled, fixed = [], []
    for widget in reachable(panel):
        inside = area.widget().isAncestorOf(widget)
        (scrolled if inside else fixed).append(widget.mapTo(area.widget() if inside else panel, QPoint(0, 0)).y())
        assert not (inside and fixed), "the buttons come last"
    assert len(scrolled) > 12
    for places in (scrolled, fixed):
        assert all(later > earlier - 12 for earlier, later in itertools.pairwise(places)), places


def test_everything_that_takes_the_keyboard_has_a_spoken_name(viewer, panel, image):
    viewer.add_image(image)
    for widget in panel.findChildren(QWidget):
        if widget.focusPolicy() == Qt.FocusPolicy.NoFocus or widget.objectName().startswith("qt_"):
            continue
        if isinstance(widget, QLabel) and not widget.text():
            continue  # nothing to say now
        if isinstance(widget, (QMenu, QScrollBar, QAbstractItemView)) or (widget.focusProxy() is not None):
            continue
        spoken = widget.accessibleName() or (widget.text() if isinstance(widget, QLabel) else "")
        assert spoken, (type(widget), widget.parent())


CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


def press(viewer, key, modifiers=Qt.KeyboardModifier.NoModifier):
    QTest.keyClick(viewer.window._qt_viewer.canvas.native, key, modifiers)


@pytest.fixture
def window(make_napari_viewer, dock):
    viewer = make_napari_viewer(show=True)
    return viewer, dock(viewer)


def test_run_stop_and_resume_from_the_canvas(window, image, qtbot, fake):
    viewer, panel = window
    fake.steps, fake.pause = 4000, 0.01
    viewer.add_image(image, name="cells")
    press(viewer, Qt.Key.Key_Return, CTRL)
    assert panel.buttons.stop.isEnabled()
    qtbot.waitUntil(lambda: panel.status.times.text() != "", timeout=60000)
    press(viewer, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: panel.buttons.resume.isEnabled(), timeout=60000)
    press(viewer, Qt.Key.Key_Return, CTRL | SHIFT)
    assert panel.buttons.stop.isEnabled()
    qtbot.waitUntil(lambda: fake.made[0].resumed and fake.made[0].at > 1, timeout=60000)
    press(viewer, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: panel.buttons.run.isEnabled(), timeout=60000)
    assert len(fake.made) == 1


def test_a_deleted_panel_leaves_no_key_behind(window):
    viewer, panel = window
    assert len(viewer.keymap) == 3
    panel.parent().destroyOnClose()
    panel.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert not viewer.keymap
