"""Keys that work while the panel has the keyboard, and for the eye and the ear: focus order and spoken names."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping

from qtpy.QtCore import Qt
from qtpy.QtGui import QKeySequence, QShortcut
from qtpy.QtWidgets import QAbstractButton, QLayout, QPushButton, QScrollArea, QWidget

from napari_deep_prior._napari.widgets.focus_ring import FocusRings


def make_accessible(panel: QWidget, keys: Mapping[str, QPushButton]) -> None:
    """Give a finished panel its keys, spoken names, order, and a ring about what has the keyboard."""
    _add_shortcuts(panel, keys)
    _name_buttons(panel)
    _tab_as_seen(panel)
    FocusRings(panel)


def _add_shortcuts(panel: QWidget, keys: Mapping[str, QPushButton]) -> None:
    """Keys that press buttons of the panel, told in their tooltips; napari's own keys are not touched."""
    for key, button in keys.items():
        shortcut = QShortcut(QKeySequence(key), panel)
        shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        shortcut.activated.connect(button.click)
        shown = QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText)
        button.setToolTip(button.toolTip().replace("</qt>", f" ({shown})</qt>"))


def _name_buttons(panel: QWidget) -> None:
    """A screen reader says what the eye reads, and Tab reaches every button."""
    for button in panel.findChildren(QAbstractButton):
        if not button.accessibleName():
            button.setAccessibleName(button.text().rstrip("…"))
        if not button.accessibleDescription():
            button.setAccessibleDescription(button.toolTip().removeprefix("<qt>").removesuffix("</qt>"))
        if button.focusPolicy() != Qt.FocusPolicy.NoFocus:
            button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)


def _tab_as_seen(panel: QWidget) -> None:
    """Tab goes from top to bottom as the eye does; Qt's own order is that in which things were made."""
    seen = [widget for widget in _as_laid_out(panel) if widget.focusPolicy() & Qt.FocusPolicy.TabFocus]
    for before, after in itertools.pairwise(seen):
        QWidget.setTabOrder(before, after)


def _as_laid_out(item: QWidget | QLayout) -> Iterator[QWidget]:
    """The widgets inside, row by row."""
    if isinstance(item, QWidget):
        yield item
        inner = item.widget() if isinstance(item, QScrollArea) else item.layout()
        yield from () if inner is None else _as_laid_out(inner)
        return
    for place in range(item.count()):
        held = item.itemAt(place)
        inner = held.layout() if held.widget() is None else held.widget()  # an empty combo box counts as false
        yield from () if inner is None else _as_laid_out(inner)
