"""The manifest: it is valid, its widget, samples and commands work in a window, and nothing is downloaded."""

import subprocess
import sys
from pathlib import Path

import pytest
from npe2 import PluginManifest

import napari_deep_prior
from napari_deep_prior._napari import commands

MANIFEST = Path(napari_deep_prior.__file__).with_name("napari.yaml")
NAME = "napari-deep-prior"


@pytest.fixture
def plugin(npe2pm):
    """The manifest of this checkout, whether or not the package is installed."""
    with npe2pm.tmp_plugin(manifest=PluginManifest.from_file(MANIFEST)) as plugin:
        yield plugin


def test_it_is_valid_and_everything_it_names_is_there():
    manifest = PluginManifest.from_file(MANIFEST)
    manifest.validate_imports()
    assert manifest.name == NAME
    assert manifest.display_name == "Deep Image Prior"
    assert manifest.categories == ["Image Processing"]
    assert all(command.id.startswith(f"{NAME}.") for command in manifest.contributions.commands)
    assert manifest.contributions.menus["napari/layers/filter"][0].command == f"{NAME}.widget"


def test_samples_open_in_a_window_and_can_be_run(viewer, plugin, fake, run_to_end):
    viewer.open_sample(NAME, "noisy_text")
    _, panel = viewer.window.add_plugin_dock_widget(NAME, "Deep Image Prior")
    panel.problem.labels.value = viewer.layers[-1]
    run_to_end(panel)
    assert len(viewer.layers) == 3
    assert 0.02 < viewer.layers["noisy photo · inpainted"].metadata[NAME]["invented"] < 0.2


def test_the_palette_restores_the_selected_image(viewer, plugin, fake, image, qtbot):
    fake.steps, fake.pause = 4000, 0.01
    viewer.add_image(image, name="first")
    viewer.add_image(image, name="second")
    viewer.layers.selection.active = viewer.layers["first"]
    commands.restore_selected(viewer)
    qtbot.waitUntil(lambda: "first · denoised" in viewer.layers, timeout=60000)
    commands.stop(viewer)
    (panel,) = viewer.window.dock_widgets.values()
    qtbot.waitUntil(lambda: panel.buttons.resume.isEnabled(), timeout=60000)
    assert NAME in viewer.layers["first · denoised"].metadata
    commands.resume(viewer)
    assert panel.buttons.stop.isEnabled()
    commands.stop(viewer)
    qtbot.waitUntil(lambda: panel.buttons.run.isEnabled(), timeout=60000)


@pytest.mark.parametrize("selected", ["nothing", "labels"])
def test_the_palette_asks_for_an_image_to_be_selected(viewer, plugin, fake, image, selected):
    viewer.add_image(image, name="cells")
    labels = viewer.add_labels((image > 150).astype("uint8"))
    viewer.layers.selection.active = None if selected == "nothing" else labels
    commands.restore_selected(viewer)
    (panel,) = viewer.window.dock_widgets.values()
    assert "No image is selected" in panel.status.message.text()
    assert len(viewer.layers) == 2
    assert not fake.made


def test_the_window_s_package_loads_neither_torch_nor_the_engine():
    code = (
        "import sys, napari_deep_prior._napari, napari_deep_prior._napari.samples, napari_deep_prior._napari.commands\n"
        "engine = {name for name in sys.modules if name.startswith('napari_deep_prior.core.')}\n"
        "parts = ('data', 'data.axis_names', 'imaging', 'imaging.bad_pixels')\n"
        "names = {f'napari_deep_prior.core.{part}' for part in parts}\n"
        "assert not {'torch', 'napari'} & set(sys.modules) and engine <= names, sorted(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_widget_s_module_does_not_load_torch():
    code = "import sys, napari_deep_prior._napari.widget; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
