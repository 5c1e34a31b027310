"""Within everybody's reach: menus, palette, keys, screen readers, large letters, small screens."""

import itertools
import runpy
from pathlib import Path

import numpy as np
import pytest
from napari.settings import get_settings
from npe2 import PluginManifest
from qtpy.QtCore import QPoint, Qt
from qtpy.QtWidgets import QAbstractItemView, QApplication, QLabel, QMenu, QPushButton, QScrollArea, QScrollBar, QWidget

import napari_deep_prior
from napari_deep_prior._napari import commands
from napari_deep_prior._napari.widgets.focus_ring import FocusRings
from napari_deep_prior.core.tasks import TASKS

ROOT = Path(__file__).parents[2]
MANIFEST = Path(napari_deep_prior.__file__).with_name("napari.yaml")
NAME = "napari-deep-prior"
WITHOUT, WITH = list(TASKS)[:2]


@pytest.fixture
def plugin(npe2pm):
    with npe2pm.tmp_plugin(manifest=PluginManifest.from_file(MANIFEST)) as plugin:
        yield plugin


def test_the_manifest_is_in_step_with_tasks_and_settings():
    script = ROOT / "scripts" / "manifest"
    text = MANIFEST.read_text("utf-8")
    assert runpy.run_path(str(script))["in_step"](text) == text, "run scripts/manifest"
    for task in TASKS:
        assert f"id: {NAME}.{task.replace('-', '_')}\n" in text, "the marks in napari.yaml are gone"


def layers_filter(viewer):
    """The entries of Layers > Filter, title -> action, as a user finds them."""
    menus = {menu.title(): menu for menu in viewer.window._qt_window.findChildren(QMenu)}
    menus["&Layers"].aboutToShow.emit()
    return {action.text(): action for action in menus["Filter"].actions()}


def test_each_task_is_in_the_filter_menu_when_one_image_is_selected(make_napari_viewer, plugin, fake, image):
    viewer = make_napari_viewer()
    cells = viewer.add_image(image, name="cells")
    mask = viewer.add_labels((image > 150).astype(np.uint8), name="mask")
    for selection, enabled in (({cells}, True), ({cells, mask}, True), ({mask}, False)):
        viewer.layers.selection = selection
        entries = layers_filter(viewer)
        for task in TASKS.values():
            (entry,) = (action for title, action in entries.items() if title.startswith(task.menu))
            assert entry.isEnabled() == enabled, (task.title, selection)


@pytest.mark.parametrize("task", TASKS)
def test_each_task_s_verb_puts_in_what_is_selected(viewer, plugin, fake, image, task):
    viewer.add_image(image, name="first")
    viewer.add_image(image, name="second")
    viewer.add_labels((image > 150).astype(np.uint8), name="mask")
    viewer.add_labels((image > 100).astype(np.uint8), name="other")
    viewer.layers.selection = {viewer.layers["first"], viewer.layers["mask"]}
    getattr(commands, task.replace("-", "_"))(viewer)
    (panel,) = viewer.window.dock_widgets.values()
    assert panel.problem.task.value == task
    assert panel.problem.image.value.name == "first"
    assert panel.problem.labels.value in (None, viewer.layers["mask"])
    assert not fake.made, "Run is the user's"


def test_a_task_of_another_version_is_said(viewer, panel):
    panel.propose("colourise", [])
    assert "does not have the task 'colourise'" in panel.status.message.text()
    with pytest.raises(AttributeError):
        commands._colourise  # noqa: B018


def test_keys_run_and_stop_while_the_panel_has_the_keyboard(viewer, panel, image, qtbot, fake):
    fake.steps, fake.pause = 4000, 0.01
    viewer.add_image(image, name="cells")
    panel.window().show()
    panel.window().activateWindow()
    panel.problem.image.native.setFocus()
    qtbot.waitUntil(lambda: QApplication.focusWidget() is not None, timeout=5000)
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert panel.buttons.stop.isEnabled(), panel.status.message.text()
    qtbot.waitUntil(lambda: panel.status.times.text() != "", timeout=10000)
    qtbot.keyClick(panel.problem.image.native, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: panel.buttons.run.isEnabled(), timeout=10000)
    assert "Ctrl+Return" in panel.buttons.run.toolTip()


def reachable(panel):
    """All children that take the keyboard, in the order of Tab.

    Ends with the last of them: PySide6 keeps whatever it has handed out of the rest of the window alive.
    """
    wanted = [
        widget
        for widget in panel.findChildren(QWidget)
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.isVisibleTo(panel)
    ]
    order, widget = [], panel
    while len(order) < len(wanted):
        widget = widget.nextInFocusChain()
        assert widget is not panel, "all around"
        if widget in wanted:
            order.append(widget)
    return order


def test_tab_goes_from_top_to_bottom(viewer, panel, image, qtbot):
    viewer.add_image(image)
    panel.form.section.button.click()
    panel.window().show()
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


def ring(panel):
    """What the ring is about; None without a ring."""
    (rings,) = panel.findChildren(FocusRings)
    return None if rings.ring is None else rings.ring.parentWidget()


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_what_has_the_keyboard_has_a_ring(make_napari_viewer, dock, image, qtbot, theme):
    viewer = make_napari_viewer(show=True)
    panel = dock(viewer)
    viewer.theme = theme
    viewer.add_image(image)
    viewer.window._qt_window.activateWindow()
    qtbot.waitUntil(viewer.window._qt_window.isActiveWindow, timeout=5000)
    first = panel.problem.image.native
    first.setFocus(Qt.FocusReason.MouseFocusReason)
    assert ring(panel) is None, "whoever clicks knows where"
    bare = first.grab().toImage()
    first.setFocus(Qt.FocusReason.OtherFocusReason)
    panel.buttons.run.setFocus(Qt.FocusReason.TabFocusReason)
    assert ring(panel) is panel.buttons.run
    first.setFocus(Qt.FocusReason.BacktabFocusReason)
    assert ring(panel) is first
    qtbot.wait(20)
    ringed = first.grab().toImage()
    edge = first.height() // 2
    assert abs(ringed.pixelColor(1, edge).lightness() - bare.pixelColor(1, edge).lightness()) > 60
    first.clearFocus()
    assert ring(panel) is None


@pytest.mark.parametrize("size", [1, 2])
def test_nothing_is_cut_off_with_letters_twice_as_large(viewer, panel, image, size, qtbot, monkeypatch):
    viewer.add_image(image, name="cells")
    panel.form.section.button.click()
    appearance = get_settings().appearance
    monkeypatch.setattr(appearance, "font_size", size * appearance.font_size)
    panel.window().show()
    widgets, area = reachable(panel), panel.findChild(QScrollArea)
    qtbot.waitUntil(lambda: not [widget for widget in widgets if cut_off(widget)], timeout=5000)
    assert panel.minimumSizeHint().height() < 500 * size
    assert panel.minimumSizeHint().width() < 420 * size
    assert area.widget().width() <= area.viewport().width()


def cut_off(widget):
    """Whether it is lower than its letters need, or a button narrower."""
    least = widget.minimumSizeHint()
    narrow = isinstance(widget, QPushButton) and widget.width() < least.width()
    return narrow or widget.height() < min(least.height(), widget.sizeHint().height()) - 2


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_words_are_legible_in_both_themes(viewer, panel, theme):
    viewer.theme = theme
    panel.window().show()
    QApplication.processEvents()
    for label in (panel.device, panel.status.message):
        image = label.grab().toImage()
        greys = {image.pixelColor(x, y).lightness() for x in range(image.width()) for y in range(image.height())}
        assert max(greys) - min(greys) > 100, f"{label.text()} cannot be read"
