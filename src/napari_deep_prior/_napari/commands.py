"""What the command palette offers beside opening the panel."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import napari.viewer

    from napari_deep_prior._napari.widget import DeepPriorWidget


def restore_selected(viewer: napari.viewer.Viewer) -> None:
    """Open the panel and restore the selected image layer with what the panel says."""
    _panel(viewer).restore(viewer.layers.selection.active)


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
    """The panel of this viewer, opened if it is not."""
    _, widget = viewer.window.add_plugin_dock_widget("napari-deep-prior", "Deep Image Prior")
    return widget  # type: ignore[no-any-return]
