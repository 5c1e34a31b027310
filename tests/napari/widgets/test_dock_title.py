"""The title of the dock says the name once."""

import pytest
from qtpy.QtWidgets import QLabel

from napari_deep_prior._napari import commands
from napari_deep_prior._napari.widget import panel_of
from napari_deep_prior._napari.widgets.layout import dock_of


@pytest.mark.parametrize("floating", [False, True])
def test_napari_s_title_says_the_name_once(make_napari_viewer, fake, qtbot, floating):
    viewer = make_napari_viewer(show=True)
    commands.show_panel(viewer)
    dock = dock_of(panel_of(viewer))
    dock.setFloating(floating)
    qtbot.waitUntil(lambda: titles(dock) == ["Deep Image Prior"], timeout=60000)
    assert list(viewer.window.dock_widgets) == [commands.DOCK], "by which napari's menu knows it"


def titles(dock):
    return [label.text() for label in dock.titleBarWidget().findChildren(QLabel)]
