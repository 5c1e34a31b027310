"""Several layers are selected: Run restores each of them with what the form says."""

from __future__ import annotations

import numpy as np
import pytest
from qtpy.QtWidgets import QMessageBox


@pytest.fixture
def channels(viewer, image):
    """Three channels, of which two are selected."""
    layers = viewer.add_image(np.stack([image, image + 1, image + 2]), channel_axis=0, name=["a", "b", "c"])
    viewer.layers.selection = {layers[0], layers[2]}
    return layers


def done(panel, qtbot):
    qtbot.waitUntil(lambda: "restored" in panel.status.message.text(), timeout=60000)
    return panel.status.message.text()


def test_the_selected_layers_are_restored_one_after_the_other(viewer, dock, channels, qtbot, fake):
    panel = dock(viewer)
    viewer.layers.selection = set(channels)
    assert panel.buttons.run.text() == "Run on 3 layers"
    viewer.layers.selection = {channels[0], channels[2]}
    assert panel.buttons.run.text() == "Run on 2 layers"
    panel.buttons.run.click()
    assert done(panel, qtbot) == "2 of 2 layers are restored. ⚠\N{NO-BREAK SPACE}Trust has warnings of 'a', 'c'."
    assert not panel.status.times.text(), "the last one alone took that long"
    assert [layer.name for layer in viewer.layers] == ["a", "a · denoised", "b", "c", "c · denoised"]
    assert [(fit.image[0, 0]) for fit in fake.made] == [channels[0].data[0, 0], channels[2].data[0, 0]]
    assert panel.buttons.run.text() == "Run", "the last result is selected now"


def long_queue(panel, fake, qtbot):
    """The panel with the first of two layers under way, which would take long."""
    fake.steps, fake.pause = 4000, 0.01
    panel.buttons.run.click()
    qtbot.waitUntil(lambda: "layer 1 of 2: 'a'" in panel.status.message.text(), timeout=60000)
    return panel


def test_a_run_that_gave_way_and_ends_later_does_not_end_the_one_after_it(viewer, dock, channels, qtbot, fake):
    panel = long_queue(dock(viewer), fake, qtbot)
    panel.on_idle()  # as that of a run that failed, whose thread ends when the next run has begun
    assert panel.buttons.stop.isEnabled()
    assert not panel.buttons.run.isEnabled()
    panel.buttons.stop.click()
    done(panel, qtbot)


def test_which_one_it_is_is_said(viewer, dock, channels, qtbot, fake):
    panel = long_queue(dock(viewer), fake, qtbot)
    panel.buttons.stop.click()
    stopped = "0 of 2 layers are restored. 'a' was stopped: what was reached is kept. 1 was not begun."
    assert done(panel, qtbot).startswith(f"{stopped} Resume goes on with the rest.")
    assert len(fake.made) == 1


def test_resume_goes_on_with_those_that_waited(viewer, dock, channels, qtbot, fake):
    panel = long_queue(dock(viewer), fake, qtbot)
    panel.buttons.stop.click()
    done(panel, qtbot)
    assert panel.buttons.resume.text() == "Resume 2 layers"
    fake.steps = 8
    (first,) = fake.made
    panel.buttons.resume.click()
    assert not panel.buttons.resume.isEnabled()
    first.budget = first.at
    assert done(panel, qtbot).startswith("2 of 2 layers are restored.")
    assert [layer.name for layer in viewer.layers] == ["a", "a · denoised", "b", "c", "c · denoised"]
    assert fake.made[0] is first
    assert len(fake.made) == 2
    assert panel.buttons.resume.text() == "Resume"


def test_what_waited_for_one_that_was_cancelled_can_be_begun(viewer, dock, channels, qtbot, fake):
    panel = long_queue(dock(viewer), fake, qtbot)
    panel.buttons.cancel.click()
    assert done(panel, qtbot).startswith("0 of 2 layers are restored. 'a' is not: Cancelled")
    assert panel.buttons.resume.text() == "Resume 1 layer"
    fake.steps = 8
    panel.buttons.resume.click()
    assert done(panel, qtbot).startswith("1 of 2 layers is restored.")
    assert [layer.name for layer in viewer.layers] == ["a", "b", "c", "c · denoised"]


def test_one_that_is_refused_after_another_that_is_not_does_not_keep_the_others_waiting(
    viewer, dock, channels, qtbot, fake, monkeypatch
):
    """The run before it, to which it gives way, is over already."""
    panel, made = dock(viewer), fake.__init__

    def refuse_b(fit, image, *given, **named):
        if image[0, 0] == channels[1].data[0, 0]:
            raise ValueError("It is dark.")
        made(fit, image, *given, **named)

    monkeypatch.setattr(fake, "__init__", refuse_b)
    viewer.layers.selection = set(channels)
    panel.buttons.run.click()
    assert done(panel, qtbot).startswith("2 of 3 layers are restored. 'b' is not: It is dark.")
    assert [layer.name for layer in viewer.layers] == ["a", "a · denoised", "b", "c", "c · denoised"]
    assert panel.buttons.run.isEnabled()


def test_results_and_companions_are_not_among_them(viewer, dock, channels, image, qtbot, run_to_end):
    panel = dock(viewer)
    viewer.layers.selection.active = channels[1]
    run_to_end(panel)
    viewer.layers.selection = set(viewer.layers)
    assert panel.buttons.run.text() == "Run on 3 layers"
    viewer.layers.selection = {channels[1], viewer.layers["b · denoised"]}
    assert panel.buttons.run.text() == "Run"


def test_what_cannot_be_restored_is_named_before_anything_starts(viewer, dock, channels, fake):
    panel = dock(viewer)
    panel.problem.task.value = "inpaint"
    viewer.layers.selection = set(channels)
    panel.buttons.run.click()
    assert panel.status.message.text().startswith("'a': Inpaint needs a layer")
    assert not fake.made


def test_their_hours_are_asked_about_together(viewer, dock, channels, monkeypatch, fake):
    asked = []
    monkeypatch.setattr(QMessageBox, "question", lambda *given: asked.append(given[2]) or QMessageBox.StandardButton.No)
    panel = dock(viewer)
    panel.basic.fill({"seconds": 3000.0})
    panel.buttons.run.click()
    assert asked == ["2 planes in 2 layers of at most 50:00 each may take 1 h 40 min. Start?"]
    assert not fake.made
