"""The real engine in a real window: the same bits as from Python, stop and resume, and a process that ends."""

import subprocess
import sys

import numpy as np
import pytest
from npe2 import PluginManifest

import napari_deep_prior
from napari_deep_prior import Settings, restore
from napari_deep_prior._napari.layers.source import KEY

RNG = np.random.default_rng(0)


@pytest.fixture
def panel(viewer):
    from napari_deep_prior._napari.widget import DeepPriorWidget

    widget = DeepPriorWidget(viewer)
    viewer.window.add_dock_widget(widget)
    widget.basic.fill({"preset": "fast", "seconds": "never"})
    widget.advanced.fill({"iterations": 6})
    return widget


def test_the_window_gives_the_same_bits_as_python(viewer, panel, run_to_end):
    image = RNG.poisson(50, (32, 40)).astype(np.uint16)
    viewer.add_image(image)
    run_to_end(panel, timeout=60000)
    result = restore(image, settings=Settings(preset="fast", seconds="never", iterations=6))
    assert (viewer.layers[-1].data == result.image).all()
    assert viewer.layers[-1].data.dtype == np.float32


def test_colour_and_a_mask(viewer, panel, run_to_end):
    viewer.add_image(RNG.integers(0, 256, (32, 40, 3)).astype(np.uint8), rgb=True)
    mask = np.zeros((32, 40), np.uint8)
    mask[8:16, 10:20] = 1
    panel.problem.labels.value = viewer.add_labels(mask)
    run_to_end(panel, timeout=60000)
    result = viewer.layers[1]  # below its mask
    assert result.data.dtype == np.uint8
    assert result.metadata[KEY]["invented"] == pytest.approx(80 / 1280)


def test_a_stack_is_stopped_and_resumed(viewer, panel, qtbot):
    panel.advanced.fill({"iterations": 3000, "stopping": "never", "network": "each"})
    stack = RNG.poisson(50, (2, 32, 40)).astype(np.float32)
    viewer.add_image(stack, name="film")
    viewer.dims.set_point(0, 0)
    panel.buttons.run.click()
    qtbot.waitUntil(lambda: "(plane" in panel.status.steps.text(), timeout=60000)
    panel.buttons.stop.click()
    qtbot.waitUntil(lambda: panel.buttons.run.isEnabled(), timeout=60000)
    live = viewer.layers["film · denoised · 1 of 2 planes"]
    first = live.data
    before = live.metadata[KEY]["planes"][0]
    assert not (first[0] == stack[0]).all()
    assert (first[1] == stack[1]).all(), "not reached: as it was"
    panel.buttons.resume.click()
    qtbot.waitUntil(lambda: "left" in panel.status.times.text(), timeout=60000)
    panel.buttons.stop.click()
    qtbot.waitUntil(lambda: panel.buttons.run.isEnabled(), timeout=60000)
    assert len(viewer.layers) == 2
    now = live.metadata[KEY]["planes"][0]
    assert now["iterations"] > before["iterations"]
    same = now["chosen"] == before["chosen"]  # so it may be, where only some steps were taken meanwhile
    assert (live.data[0] == first[0]).all() == same


@pytest.mark.parametrize("image", [np.full((16, 16), 3.0), np.zeros((16, 16), bool)])
def test_what_cannot_be_restored_is_refused_in_words(viewer, panel, run_to_end, image):
    viewer.add_image(image)
    run_to_end(panel, timeout=60000)
    assert "image" in panel.status.message.text().lower()
    assert "unexpected" not in panel.status.message.text()
    assert len(viewer.layers) == 1


PALETTE = """
import sys, napari, numpy as np
from npe2 import PluginManager
from qtpy.QtCore import QTimer
from napari._app_model import get_app_model

viewer = napari.Viewer(show=True)
viewer.add_image(np.random.default_rng(0).poisson(50, (64, 64)).astype(np.uint16), name="cells")
run = get_app_model().commands.execute_command
run("napari-deep-prior.restore_selected").result()
def close():
    assert "cells · denoised" in viewer.layers, list(viewer.layers)
    viewer.close()
    print("closed")
QTimer.singleShot(4000, close)
napari.run()
print("ended")
"""


def test_a_process_closed_in_the_midst_of_a_run_ends():
    manifest = PluginManifest.from_distribution("napari-deep-prior")
    assert manifest.name == napari_deep_prior.__name__.replace("_", "-")
    done = subprocess.run([sys.executable, "-c", PALETTE], capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout.split() == ["closed", "ended"], done.stdout + done.stderr
    assert done.returncode == 0, done.stderr


def test_a_layer_that_does_not_lie_over_the_image_is_handed_on_as_it_is(viewer, panel, run_to_end):
    image, psf = RNG.poisson(50, (32, 40)).astype(np.uint16), np.outer([1, 2, 1], [1, 3, 1])
    viewer.add_image(image)
    layer = viewer.add_image(psf, translate=(100, 100))
    panel.problem.image.value = viewer.layers[0]
    panel.problem.task.value = "deconvolve"
    panel.buttons.run.click()
    assert "There is no PSF" in panel.status.message.text(), "left out, as it may be"
    panel.problem.form.fill({"psf": layer})
    run_to_end(panel, timeout=60000)
    settings = Settings(preset="fast", seconds="never", iterations=6)
    assert (
        viewer.layers[1].data == restore(image, napari_deep_prior.Deconvolve(psf=psf), settings=settings).image
    ).all()


def test_an_image_with_nan_is_denoised_in_one_run_and_it_is_said_what_was_missing(viewer, panel, run_to_end):
    image = RNG.normal(50, 5, (40, 48)).astype(np.float32)
    image[:5] = image[20, 20] = np.nan
    viewer.add_image(image)
    run_to_end(panel, timeout=60000)
    result = viewer.layers[-1].data
    assert np.isnan(result[:5]).all()
    assert np.isfinite(result[5:]).all()
    said = "241 pixels were missing (13 %): 1 is filled in, 240 of a blank border come back as before."
    assert said in panel.status.message.text()
