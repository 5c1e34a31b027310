"""There is one panel in a viewer, whoever opened it."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from qtpy.QtWidgets import QWidget

from napari_deep_prior._napari.widgets.layout import bring_to_front

if TYPE_CHECKING:
    from napari.viewer import Viewer

_Panel = TypeVar("_Panel", bound=QWidget)


def docked(viewer: Viewer, kind: type[_Panel]) -> _Panel | None:
    """The panel of this kind that a viewer has."""
    return next((panel for panel in viewer.window.dock_widgets.values() if isinstance(panel, kind)), None)


def give_way(viewer: Viewer, panel: QWidget) -> None:
    """The first panel is docked under a name that the menu does not know, so napari has opened a second one: this closes it."""
    first = docked(viewer, type(panel))
    if first is not None and first is not panel:
        if panel.parent() is not None:
            viewer.window.remove_dock_widget(panel)
        panel.deleteLater()
        bring_to_front(first)
