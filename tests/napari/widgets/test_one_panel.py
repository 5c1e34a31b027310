"""One panel in a viewer: a second one leaves, and the first is shown."""

from qtpy.QtWidgets import QLabel

from napari_deep_prior._napari.widgets.one_panel import docked, give_way


class Panel(QLabel):
    """Stands in for the panel."""


def test_the_second_gives_way_to_the_first(viewer):
    assert docked(viewer, Panel) is None
    first, second = Panel("first"), Panel("second")
    viewer.window.add_dock_widget(first, name="one")
    give_way(viewer, first)
    viewer.window.add_dock_widget(second, name="other")
    give_way(viewer, second)
    assert docked(viewer, Panel) is first
    assert list(viewer.window.dock_widgets) == ["one"]
