"""What is said of time and memory before a run."""

import dataclasses
import re

import numpy as np
import pytest

from napari.layers import Image
from napari_deep_prior._napari.engine import load
from napari_deep_prior._napari.form.estimates import UNTOLD, axes_for, axes_words, forecast, memory_words
from napari_deep_prior._napari.widget import DeepPriorWidget
from napari_deep_prior.core.data.axes import Axes
from napari_deep_prior.core.parameters import parameters_of
from napari_deep_prior.core.settings import Settings
from napari_deep_prior.core.tasks import TASKS


def needed(words: str) -> float:
    """The lowest figure of a memory line, in MB."""
    low, unit = re.match(r"Takes (?:about )?([\d.]+)(?: to [\d.]+)? ([MG])B of", words).groups()
    return float(low) * {"M": 1, "G": 1000}[unit]


@pytest.mark.parametrize("name", TASKS)
def test_the_memory_of_a_volume_is_that_of_all_its_planes(name):
    engine, task = load(), TASKS[name]
    layer = Image(np.zeros((12, 96, 96), np.uint8), axis_labels=("z", "y", "x"))
    layers = {p.name: None for p in parameters_of(task) if p.layer is not None}
    given = {key: Image(np.ones((3, 3, 3))) for key in layers if not key.startswith("mask")} if "psf" in layers else {}
    values = {**layers, **given, **({"guide": None} if "guide" in layers else {})}
    plane = memory_words(
        engine, task, {**values, **({"psf": Image(np.ones((3, 3)))} if given else {})}, layer, Settings()
    )
    volume = memory_words(engine, task, values, layer, Settings(volume=True))
    assert needed(volume) > 1.5 * needed(plane)
    assert axes_for(engine, layer, Settings(volume=True)).count(layer.data.shape) == 1
    assert axes_for(engine, layer, Settings()).count(layer.data.shape) == 12


def test_what_cannot_be_forecast_is_said_and_logged(caplog):
    def broken(*_):
        raise ValueError("zip() argument 2 is shorter than argument 1")

    engine = dataclasses.replace(load(), forecast_bytes=broken)
    words = memory_words(engine, next(iter(TASKS.values())), {}, Image(np.zeros((32, 32))), Settings())
    assert words == UNTOLD
    assert "zip() argument 2" in caplog.text


@pytest.mark.parametrize(
    ("settings", "planes", "words"),
    [
        ({"seconds": 30}, 1, "At most 0:30; it may end sooner."),
        ({"seconds": 30, "network": "each"}, 10, "10 planes, at most 5:00; it may end sooner."),
        (
            {"seconds": 30},
            10,
            "10 planes, at most 0:30 where one network learns for all of them, and some seconds each to draw; at most 5:00 where "
            "each needs a fit of its own.",
        ),
        ({"preset": "fast"}, 1, "At most 0:20; it may end sooner."),
        ({"seconds": "never", "iterations": 500}, 3, "3 planes, at most 500 steps each, without a time limit."),
        ({"seconds": "never"}, 1, "No time limit: press Stop when you like what you see."),
    ],
)
def test_forecasts(settings, planes, words):
    assert forecast(Settings(**settings), planes) == words


def test_the_forecast_follows_the_form_and_the_layers(viewer, panel, image):
    assert not panel.form.forecast.isVisibleTo(panel)
    viewer.add_image(np.stack([image] * 4), name="film")
    panel.basic.fill({"seconds": 30.0})
    panel.advanced.fill({"network": "each"})
    assert (
        panel.form.forecast.text()
        == "Read as q 4: 4 planes of y 24 by x 32. At the sliders q is -3: the layer does not name its axes.\n"
        "4 planes, at most 2:00; it may end sooner."
    )
    plane = viewer.add_image(image, name="plane")
    panel.problem.image.value = plane
    assert panel.form.forecast.text() == "At most 0:30; it may end sooner."


def test_the_memory_is_told_before_the_start_and_what_cannot_fit_is_refused(viewer, image, qtbot, monkeypatch):
    available = [10**15]
    monkeypatch.setattr("napari_deep_prior.core.compute.memory.available_bytes", lambda _: available[0])
    panel = DeepPriorWidget(viewer)
    viewer.window.add_dock_widget(panel)
    needs = panel.form.needs
    viewer.add_image(image, name="small")
    qtbot.waitUntil(lambda: "of memory" in needs.text(), timeout=60000)
    words = needs.text()
    panel.problem.task.value = "super-resolve"
    panel.basic.fill({"preset": "best"})
    qtbot.waitUntil(lambda: needs.text() != words, timeout=60000)
    panel.problem.task.value = "inpaint"  # a mask is still to be chosen
    qtbot.waitUntil(lambda: "of memory" in needs.text(), timeout=60000)
    panel.problem.task.value = "denoise"
    available[0] = 10**7
    panel.basic.fill({"preset": "fast"})
    qtbot.waitUntil(lambda: "but there are 0.0 GB" in needs.text(), timeout=60000)
    panel.buttons.run.click()
    qtbot.waitUntil(panel.buttons.run.isEnabled, timeout=60000)
    assert "needs about" in panel.status.message.text()
    assert [layer.name for layer in viewer.layers] == ["small"]


@pytest.mark.parametrize(
    ("letters", "volume", "words"),
    [
        ("YX", False, ""),
        ("CYX", False, ""),
        ("TZYX", False, "Read as t 12 · z 4: 48 planes of y 24 by x 32."),
        ("TZYX", True, "Read as t 12: 12 volumes of z 4 by y 24 by x 32."),
        ("ZYX", True, "Read as one volume of z 4 by y 24 by x 32."),
        ("TCYX", False, "Read as t 12: 12 planes of y 24 by x 32, c 3 together."),
    ],
)
def test_how_the_axes_are_read_is_said(letters, volume, words):
    sizes = {"T": 12, "Z": 4, "C": 3, "Y": 24, "X": 32}
    assert axes_words(Axes(letters, volume=volume), [sizes[letter] for letter in letters]) == words
    assert (
        axes_words(Axes(letters, volume=volume), [sizes[letter] for letter in letters], list(letters.lower())) == words
    )


def test_axes_that_the_layer_does_not_name_are_those_at_the_sliders(viewer, panel, image):
    """As napari opens a film: its reader hands no names on."""
    viewer.add_image(np.stack([np.stack([image] * 4)] * 3), name="film")
    told = "Read as q 3 · r 4: 12 planes of y 24 by x 32. At the sliders q is -4 and r is -3: the layer does not name its axes."
    assert panel.form.forecast.text().splitlines()[0] == told
    assert viewer.dims.axis_labels[:2] == ("-4", "-3")
