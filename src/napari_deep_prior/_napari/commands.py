"""What the command palette offers beside opening the panel. There is one panel, whoever opened it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import napari.viewer

    from napari_deep_prior._napari.widget import DeepPriorWidget

DOCK = "Deep Image Prior (Deep Image Prior)"
"""The name under which napari's own menus know the dock, so that they show and hide the one that is there."""


def show_panel(viewer: napari.viewer.Viewer) -> None:
    """Show the panel, opened if it is not."""
    _panel(viewer)


def restore_selected(viewer: napari.viewer.Viewer) -> None:
    """Open the panel and restore the selected image layer with what the panel says."""
    _panel(viewer).restore(viewer.layers.selection.active)


def restore_files(viewer: napari.viewer.Viewer) -> None:
    """Open the panel with its list of many files."""
    _panel(viewer).show_many()


def stop(viewer: napari.viewer.Viewer) -> None:
    """Stop the run and keep its result so far."""
    _panel(viewer).stop()


def resume(viewer: napari.viewer.Viewer) -> None:
    """Go on where the last run ended."""
    _panel(viewer).resume()


def __getattr__(name: str) -> Callable[[napari.viewer.Viewer], None]:
    """The verb of a task, such as a menu entry names: opens the panel with the task and the selected layers put in."""
    if name.startswith("_"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def verb(viewer: napari.viewer.Viewer) -> None:
        _panel(viewer).propose(name.replace("_", "-"), list(viewer.layers.selection))

    return verb


def _panel(viewer: napari.viewer.Viewer) -> DeepPriorWidget:
    """The panel of this viewer, whoever opened it, brought to the front; a new one where there is none."""
    from napari_deep_prior._napari.widget import DeepPriorWidget, panel_of
    from napari_deep_prior._napari.widgets.layout import bring_to_front

    panel = panel_of(viewer)
    if panel is None:
        panel = DeepPriorWidget(viewer)
        viewer.window.add_dock_widget(panel, name=DOCK)
    else:
        bring_to_front(panel)
    return panel
