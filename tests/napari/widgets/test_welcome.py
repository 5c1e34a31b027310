"""Help in place: the first steps, how long it will take, and a result that is saved with all that belongs to it."""

import json

import numpy as np
import pytest
import tifffile
from qtpy.QtWidgets import QFileDialog

from napari_deep_prior import Record, Settings, files, replay
from napari_deep_prior._napari.form.estimates import forecast
from napari_deep_prior._napari.layers.source import KEY
from napari_deep_prior._napari.widget import DeepPriorWidget


def bold(panel):
    return [step.text().startswith("<b>") for step in panel.welcome.steps]


def test_three_steps_until_a_run_has_ended(viewer, panel, dock, run_to_end):
    assert panel.welcome.isVisibleTo(panel)
    assert bold(panel) == [True, False, False]
    panel.welcome.sample.click()
    assert viewer.layers[0].name == "noisy cells"
    assert panel.problem.image.value == viewer.layers[0]
    assert bold(panel) == [False, True, False]
    run_to_end(panel)
    assert not panel.welcome.isVisibleTo(panel)
    assert not dock(viewer).welcome.isVisible()


def test_it_can_be_sent_away(viewer, panel, dock):
    panel.welcome.close_button.click()
    assert not panel.welcome.isVisibleTo(panel)
    again = dock(viewer)
    assert not again.welcome.isVisibleTo(again)


@pytest.mark.parametrize(
    ("settings", "planes", "words"),
    [
        ({"seconds": 30}, 1, "At most 0:30; it may end sooner."),
        ({"seconds": 30}, 10, "10 planes, at most 5:00; it may end sooner."),
        ({"preset": "fast"}, 1, "At most 0:20; it may end sooner."),
        ({"seconds": "never", "iterations": 500}, 3, "3 planes, at most 500 steps each, without a time limit."),
        ({"seconds": "never"}, 1, "No time limit: press stop when you like what you see."),
    ],
)
def test_forecasts(settings, planes, words):
    assert forecast(Settings(**settings), planes) == words


def test_the_forecast_follows_the_form_and_the_layers(viewer, panel, image):
    assert not panel.form.forecast.isVisibleTo(panel)
    viewer.add_image(np.stack([image] * 4), name="film")
    panel.basic.fill({"seconds": 30.0})
    assert panel.form.forecast.text() == "4 planes, at most 2:00; it may end sooner."
    plane = viewer.add_image(image, name="plane")
    panel.problem.image.value = plane
    assert panel.form.forecast.text() == "At most 0:30; it may end sooner."


def test_a_saved_result_keeps_its_size_and_repeats(viewer, tmp_path, monkeypatch, run_to_end):
    from napari_deep_prior._napari.widget import DeepPriorWidget

    panel = DeepPriorWidget(viewer)
    viewer.window.add_dock_widget(panel)
    panel.basic.fill({"preset": "fast", "seconds": "never"})
    panel.advanced.fill({"iterations": 4})
    image = np.random.default_rng(0).poisson(50, (32, 40)).astype(np.uint16)
    viewer.add_image(image, name="cells", scale=(0.2, 0.1), units=("um", "um"), axis_labels=("y", "x"))
    run_to_end(panel, timeout=60000)
    result = viewer.layers["cells · denoised"]
    viewer.layers.selection.active = result
    path = tmp_path / "out.tif"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    panel.recall.save.click()
    assert panel.status.message.text() == "Saved out.tif and its record out.tif.json."
    again = files.read(path)
    assert (again.array == result.data).all()
    assert (again.pixel_size["Y"].size, again.pixel_size["Y"].unit) == (0.2, "µm")
    record = Record.from_json(files.sidecar(path).read_text())
    assert (replay(image, record).image == result.data).all()
    assert json.loads(files.sidecar(path).read_text())["layers"] == {"image": "cells"}
    assert result.metadata[KEY]["layers"] == {"image": "cells"}


def test_what_cannot_be_saved_is_said(viewer, panel, image, run_to_end, tmp_path, monkeypatch):
    viewer.add_image(image, name="cells")
    run_to_end(panel)
    viewer.layers.selection.active = viewer.layers[-1]
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "none" / "out.tif"), ""))
    panel.recall.save.click()
    assert "does not exist" in panel.status.message.text()
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: ("", ""))
    panel.recall.save.click()
    assert not list(tmp_path.glob("*.tif"))
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "plain"), ""))
    panel.recall.save.click()
    assert tifffile.imread(tmp_path / "plain.tif").shape == image.shape


def test_the_memory_is_told_before_the_start_and_what_cannot_fit_is_refused(viewer, image, qtbot, monkeypatch):
    panel = DeepPriorWidget(viewer)
    viewer.window.add_dock_widget(panel)
    needs = panel.form.needs
    viewer.add_image(image, name="small")
    qtbot.waitUntil(lambda: "of memory" in needs.text(), timeout=10000)
    words = needs.text()
    panel.problem.task.value = "super-resolve"
    panel.basic.fill({"preset": "best"})
    qtbot.waitUntil(lambda: needs.text() != words, timeout=10000)
    panel.problem.task.value = "inpaint"  # a mask is still to be chosen
    qtbot.waitUntil(lambda: "of memory" in needs.text(), timeout=10000)
    panel.problem.task.value = "denoise"
    monkeypatch.setattr("napari_deep_prior.core.compute.memory.available_bytes", lambda _: 10**7)
    panel.basic.fill({"preset": "fast"})
    qtbot.waitUntil(lambda: "but there are 0.0 GB" in needs.text(), timeout=10000)
    panel.buttons.run.click()
    qtbot.waitUntil(panel.buttons.run.isEnabled, timeout=60000)
    assert "needs about" in panel.status.message.text()
    assert [layer.name for layer in viewer.layers] == ["small"]
