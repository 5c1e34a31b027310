"""The command palette: its verbs act on the panel that is there, whoever opened it."""

import pytest
from napari._app_model import get_app_model

from napari_deep_prior._napari import commands
from napari_deep_prior._napari.widget import DeepPriorWidget


def panels(viewer):
    return [widget for widget in viewer.window.dock_widgets.values() if isinstance(widget, DeepPriorWidget)]


def opened_by_menu(viewer):
    get_app_model().commands.execute_command("napari-deep-prior.widget").result()


def opened_by_palette(viewer):
    commands.show_panel(viewer)


def opened_by_a_program(viewer):
    viewer.window.add_plugin_dock_widget("napari-deep-prior", "Deep Image Prior")


@pytest.mark.parametrize("opened", [opened_by_menu, opened_by_palette, opened_by_a_program])
def test_there_is_one_panel_whoever_opened_it_and_stop_stops_its_run(make_napari_viewer, fake, image, qtbot, opened):
    viewer = make_napari_viewer()
    fake.steps, fake.pause = 4000, 0.01
    opened(viewer)
    (panel,) = panels(viewer)
    viewer.add_image(image, name="cells")
    viewer.layers.selection.active = viewer.layers["cells"]
    commands.restore_selected(viewer)
    qtbot.waitUntil(lambda: bool(fake.made) and fake.made[0].at > 0, timeout=10000)
    commands.stop(viewer)
    qtbot.waitUntil(lambda: panel.buttons.run.isEnabled(), timeout=10000)
    assert "you stopped it" in panel.status.message.text()
    assert panels(viewer) == [panel]


def test_napari_s_menu_hides_and_shows_the_panel_that_the_palette_opened(make_napari_viewer, fake):
    viewer = make_napari_viewer(show=True)
    commands.show_panel(viewer)
    (panel,) = panels(viewer)
    for _ in range(2):
        opened_by_menu(viewer)
        assert panels(viewer) == [panel]
    commands.show_panel(viewer)
    assert panel.isVisible()
    assert panels(viewer) == [panel]
