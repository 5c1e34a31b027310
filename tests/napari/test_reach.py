"""Within everybody's reach: menus, palette, both themes."""

import runpy
from pathlib import Path

import numpy as np
import pytest
from npe2 import PluginManifest
from qtpy.QtWidgets import QApplication, QMenu

import napari_deep_prior
from napari_deep_prior._napari import commands
from napari_deep_prior.core.tasks import TASKS

ROOT = Path(__file__).parents[2]
MANIFEST = Path(napari_deep_prior.__file__).with_name("napari.yaml")
NAME = "napari-deep-prior"
WITHOUT, WITH = list(TASKS)[:2]


@pytest.fixture
def plugin(npe2pm):
    with npe2pm.tmp_plugin(manifest=PluginManifest.from_file(MANIFEST)) as plugin:
        yield plugin


def test_the_manifest_is_in_step_with_tasks_and_settings():
    script = ROOT / "scripts" / "manifest"
    text = MANIFEST.read_text("utf-8")
    assert runpy.run_path(str(script))["in_step"](text) == text, "run scripts/manifest"
    for task in TASKS:
        assert f"id: {NAME}.{task.replace('-', '_')}\n" in text, "the marks in napari.yaml are gone"


def layers_filter(viewer):
    """The entries of Layers > Filter, title -> action, as a user finds them."""
    menus = {menu.title(): menu for menu in viewer.window._qt_window.findChildren(QMenu)}
    menus["&Layers"].aboutToShow.emit()
    return {action.text(): action for action in menus["Filter"].actions()}


def test_each_task_is_in_the_filter_menu_when_one_image_is_selected(make_napari_viewer, plugin, fake, image):
    viewer = make_napari_viewer()
    cells = viewer.add_image(image, name="cells")
    mask = viewer.add_labels((image > 150).astype(np.uint8), name="mask")
    for selection, enabled in (({cells}, True), ({cells, mask}, True), ({mask}, False)):
        viewer.layers.selection = selection
        entries = layers_filter(viewer)
        for task in TASKS.values():
            (entry,) = (action for title, action in entries.items() if title.startswith(task.menu))
            assert entry.isEnabled() == enabled, (task.title, selection)


@pytest.mark.parametrize("task", TASKS)
def test_each_task_s_verb_puts_in_what_is_selected(viewer, plugin, fake, image, task):
    viewer.add_image(image, name="first")
    viewer.add_image(image, name="second")
    viewer.add_labels((image > 150).astype(np.uint8), name="mask")
    viewer.add_labels((image > 100).astype(np.uint8), name="other")
    viewer.layers.selection = {viewer.layers["first"], viewer.layers["mask"]}
    getattr(commands, task.replace("-", "_"))(viewer)
    (panel,) = viewer.window.dock_widgets.values()
    assert panel.problem.task.value == task
    assert panel.problem.image.value.name == "first"
    assert panel.problem.labels.value in (None, viewer.layers["mask"])
    assert not fake.made, "Run is the user's"


def test_a_task_of_another_version_is_said(viewer, panel):
    panel.propose("colourise", [])
    assert "does not have the task 'colourise'" in panel.status.message.text()
    with pytest.raises(AttributeError):
        commands._colourise  # noqa: B018


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_words_are_legible_in_both_themes(viewer, panel, theme, show):
    viewer.theme = theme
    show(panel)
    QApplication.processEvents()
    for label in (panel.device, panel.status.message):
        image = label.grab().toImage()
        greys = {image.pixelColor(x, y).lightness() for x in range(image.width()) for y in range(image.height())}
        assert max(greys) - min(greys) > 100, f"{label.text()} cannot be read"
