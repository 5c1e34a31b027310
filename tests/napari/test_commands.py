"""The command palette: its verbs act on the panel that is there, whoever opened it."""

import pytest
from napari._app_model import get_app_model

import napari
from napari_deep_prior._napari import commands
from napari_deep_prior._napari.widget import DeepPriorWidget
from napari_deep_prior.cli import main


def panels(viewer):
    return [widget for widget in viewer.window.dock_widgets.values() if isinstance(widget, DeepPriorWidget)]


def opened_by_menu(viewer):
    get_app_model().commands.execute_command("napari-deep-prior.widget").result()


def opened_by_palette(viewer):
    commands.show_panel(viewer)


def opened_by_a_program(viewer):
    viewer.window.add_plugin_dock_widget("napari-deep-prior", "Deep Image Prior")


def opened_by_the_command_line(viewer):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(napari, "Viewer", lambda: viewer)
        patch.setattr(napari, "run", lambda: None)
        assert main(["gui"]) == 0


OPENED = [opened_by_menu, opened_by_palette, opened_by_a_program, opened_by_the_command_line]


@pytest.mark.parametrize("opened", OPENED)
def test_there_is_one_panel_whoever_opened_it_and_stop_stops_its_run(make_napari_viewer, fake, image, qtbot, opened):
    viewer = make_napari_viewer()
    fake.steps, fake.pause = 4000, 0.01
    opened(viewer)
    (panel,) = panels(viewer)
    viewer.add_image(image, name="cells")
    viewer.layers.selection.active = viewer.layers["cells"]
    commands.restore_selected(viewer)
    qtbot.waitUntil(lambda: bool(fake.made) and fake.made[0].at > 0, timeout=60000)
    commands.stop(viewer)
    qtbot.waitUntil(lambda: panel.buttons.run.isEnabled(), timeout=60000)
    assert "you stopped it" in panel.status.message.text()
    opened_by_menu(viewer)
    opened_by_a_program(viewer)
    qtbot.waitUntil(lambda: panels(viewer) == [panel], timeout=60000)  # a second one gives way at once


@pytest.mark.parametrize("opened", [opened_by_palette, opened_by_the_command_line])
def test_napari_s_menu_hides_and_shows_the_panel_that_is_there(make_napari_viewer, fake, qtbot, opened):
    viewer = make_napari_viewer(show=True)
    opened(viewer)
    (panel,) = panels(viewer)
    qtbot.waitUntil(panel.isVisible, timeout=60000)  # a new dock is shown a moment later
    for visible in (False, True, False):
        opened_by_menu(viewer)
        assert panels(viewer) == [panel]
        assert panel.isVisible() == visible
    commands.show_panel(viewer)
    assert panel.isVisible()
    assert panels(viewer) == [panel]
