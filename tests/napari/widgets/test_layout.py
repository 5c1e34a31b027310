"""How the dock looks: folds, and a form as wide as its letters need."""

import pytest
from napari.settings import get_settings
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QPushButton, QScrollArea, QWidget


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
