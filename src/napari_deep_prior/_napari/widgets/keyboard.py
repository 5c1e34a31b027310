"""Accessibility: shortcuts in the panel and on the canvas, tab order, focus ring, and names for screen readers."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtGui import QKeySequence, QShortcut
from qtpy.QtWidgets import QAbstractButton, QLayout, QPushButton, QScrollArea, QWidget

from napari_deep_prior._napari.widgets.focus_ring import FocusRings

if TYPE_CHECKING:
    from napari.viewer import Viewer


def make_accessible(panel: QWidget, viewer: Viewer, keys: Mapping[str, QPushButton]) -> None:
    """Give a finished panel its shortcuts, accessible names, tab order and focus ring."""
    _add_shortcuts(panel, keys)
    panel.destroyed.connect(_bind_on_canvas(viewer, keys))
    _name_buttons(panel)
    _tab_as_seen(panel)
    FocusRings(panel)


def _add_shortcuts(panel: QWidget, keys: Mapping[str, QPushButton]) -> None:
    """Shortcuts that press buttons while the focus is in the panel, named in the tooltips; napari's own stay as they are."""
    for key, button in keys.items():
        shortcut = QShortcut(QKeySequence(key), panel)
        shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        shortcut.activated.connect(button.click)
        shown = QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText)
        button.setToolTip(button.toolTip().replace("</qt>", f" ({shown})</qt>"))


def _bind_on_canvas(viewer: Viewer, keys: Mapping[str, QPushButton]) -> Callable[[], None]:
    """The same keys where one watches; a layer's own go before them. Returns what takes them back."""
    names = [key.replace("Return", "Enter").replace("Esc", "Escape") for key in keys]
    for name, button in zip(names, keys.values(), strict=True):
        viewer.bind_key(name, _presser(button), overwrite=True)

    def take_back() -> None:
        for name in names:
            viewer.bind_key(name, None)

    return take_back


def _presser(button: QPushButton) -> Callable[[Viewer], None]:
    """A function that presses it; napari asks for the name of what it calls, and a partial has none."""

    def press(_: Viewer) -> None:
        button.click()

    return press


def _name_buttons(panel: QWidget) -> None:
    """Every button gets an accessible name and description, and Tab reaches it."""
    for button in panel.findChildren(QAbstractButton):
        if not button.accessibleName():
            button.setAccessibleName(button.text().rstrip("…"))
        if not button.accessibleDescription():
            button.setAccessibleDescription(button.toolTip().removeprefix("<qt>").removesuffix("</qt>"))
        if button.focusPolicy() != Qt.FocusPolicy.NoFocus:
            button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)


def _tab_as_seen(panel: QWidget) -> None:
    """Tab order from top to bottom; Qt's default is the order in which widgets were made."""
    focusable = [widget for widget in _as_laid_out(panel) if widget.focusPolicy() & Qt.FocusPolicy.TabFocus]
    for before, after in itertools.pairwise(focusable):
        QWidget.setTabOrder(before, after)


def _as_laid_out(item: QWidget | QLayout) -> Iterator[QWidget]:
    """All widgets inside, in the order of their layouts."""
    if isinstance(item, QWidget):
        yield item
        inner = item.widget() if isinstance(item, QScrollArea) else item.layout()
        yield from () if inner is None else _as_laid_out(inner)
        return
    for place in range(item.count()):
        held = item.itemAt(place)
        inner = held.layout() if held.widget() is None else held.widget()  # an empty combo box counts as false
        yield from () if inner is None else _as_laid_out(inner)
