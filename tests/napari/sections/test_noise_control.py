"""The pure-noise control: one click, in a thread, in words; cancelled by a second click, another run, or a closed panel."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from napari_deep_prior._napari.layers.source import KEY
from napari_deep_prior._napari.sections import noise_control


@pytest.fixture
def control(panel):
    """The button, and what it says."""
    return panel.sections["Trust"].control


@pytest.fixture
def held(monkeypatch):
    """Controls that draw snapshots until they are let go, or stopped."""

    class Held:
        def __init__(self):
            self.go, self.stopped, self.asked = threading.Event(), threading.Event(), []

        def stop(self):
            self.stopped.set()

        def __iter__(self):
            while not (self.go.wait(0.01) or self.stopped.is_set()):
                yield type("Snapshot", (), {"iteration": 7})

        def control(self, result, plane, watch):
            self.asked.append(plane)
            list(watch(self))
            return ("It drew nothing.",)

    held = Held()
    monkeypatch.setattr("napari_deep_prior._napari.running.job.Job.pure_noise", lambda job, *made: held.control(*made))
    yield held
    held.go.set()


def test_the_real_control_says_what_was_drawn_and_what_that_means(viewer, quick_panel, run_to_end, qtbot):
    viewer.add_image(np.random.default_rng(0).poisson(40, (48, 64)).astype(np.uint16))
    control = quick_panel.sections["Trust"].control
    run_to_end(quick_panel)
    before = [np.asarray(layer.data).copy() for layer in viewer.layers]
    control.button.click()
    qtbot.waitUntil(lambda: "standard deviations" in control.words.text(), timeout=60000)
    assert "does not say that stronger structure is real" in control.words.text()
    assert control.button.text() == "Pure-noise control"
    assert all((layer.data == data).all() for layer, data in zip(viewer.layers, before, strict=True))
    (note,) = (n for n in viewer.layers[-1].metadata[KEY]["notes"] if n.startswith("Pure-noise control. "))
    assert note.removeprefix("Pure-noise control. ") == control.words.text().partition(" Structure in the result")[0]
    control.button.click()
    qtbot.waitUntil(lambda: control.button.text() == "Pure-noise control", timeout=60000)
    assert sum(n.startswith("Pure-noise") for n in viewer.layers[-1].metadata[KEY]["notes"]) == 1, "said once"


def test_how_far_it_is_is_told_and_a_second_click_cancels(viewer, panel, image, run_to_end, qtbot, control, held):
    viewer.add_image(image)
    run_to_end(panel)
    control.button.click()
    qtbot.waitUntil(lambda: "Step 7" in control.words.text())
    control.button.click()
    qtbot.waitUntil(held.stopped.is_set)
    qtbot.wait(50)
    assert control.words.text() == noise_control.CANCELLED
    held.go.set()
    control.button.click()
    qtbot.waitUntil(lambda: control.words.text() == "It drew nothing.")


def test_of_a_stack_the_plane_in_view_is_taken(viewer, panel, run_to_end, qtbot, control, held):
    viewer.add_image(np.random.default_rng(0).integers(0, 200, (3, 24, 32)).astype(np.uint16))
    run_to_end(panel)
    viewer.dims.set_point(0, 2)
    held.go.set()
    control.button.click()
    qtbot.waitUntil(lambda: control.words.text() == "Plane 3: It drew nothing.")
    assert held.asked == [2]


def test_another_run_cancels_it_and_forgets_its_words(viewer, panel, image, run_to_end, qtbot, control, held):
    viewer.add_image(image)
    run_to_end(panel)
    control.button.click()
    qtbot.waitUntil(lambda: "Step 7" in control.words.text())
    panel.buttons.run.click()
    qtbot.waitUntil(lambda: control.words.text() == "")
    qtbot.waitUntil(held.stopped.is_set)
    control.button.click()
    assert control.words.text() == noise_control.GOES_ON
    panel.stop()
    qtbot.waitUntil(panel.buttons.run.isEnabled)


def test_a_closed_panel_cancels_it(viewer, panel, image, run_to_end, qtbot, control, held):
    viewer.add_image(image)
    run_to_end(panel)
    control.button.click()
    qtbot.waitUntil(lambda: "Step 7" in control.words.text())
    viewer.window.remove_dock_widget(panel)
    panel.deleteLater()
    qtbot.waitUntil(held.stopped.is_set)


def test_a_failure_is_told_in_words(viewer, panel, image, run_to_end, qtbot, control, monkeypatch):
    def fails(*_):
        raise ValueError("no noise in it")

    monkeypatch.setattr("napari_deep_prior._napari.running.job.Job.pure_noise", fails)
    viewer.add_image(image)
    run_to_end(panel)
    control.button.click()
    qtbot.waitUntil(lambda: control.words.text() == "The control failed: no noise in it")


def test_once_the_run_has_given_its_memory_back_it_is_refused_in_words(
    viewer, panel, image, run_to_end, qtbot, control
):
    viewer.add_image(image)
    run_to_end(panel)
    panel._held.run.free_device()
    control.button.click()
    qtbot.waitUntil(lambda: "run it again first" in control.words.text())
