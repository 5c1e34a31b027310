"""The words and figures of the status lines."""

import pytest

from napari_deep_prior._napari.widgets import status
from napari_deep_prior._napari.widgets.plane_strip import PlaneStrip
from napari_deep_prior.core.results import Snapshot

OPEN = Snapshot(
    plane=0, planes=1, index=(), iteration=50, iterations_left=None, seconds=10, loss=1, held_out=None, image=None
)


def test_a_run_without_a_foreseeable_end_has_an_empty_bar_and_tells_its_steps(qtbot, viewer):
    """A busy bar would have the whole window drawn anew thirty times a second."""
    panel = status.StatusPanel(PlaneStrip(viewer, lambda: None))
    qtbot.addWidget(panel)
    panel.start()
    assert (panel.steps.text(), panel.bar.value()) == ("Preparing…", 0)
    panel.show_progress(OPEN)
    assert panel.bar.value() == 0 < panel.bar.maximum()
    assert panel.steps.text() == "Iteration 50 · 5.0 a second"
    assert "left" not in panel.times.text()


def test_how_long_a_run_took_does_not_stand_beside_what_is_said_of_something_else(qtbot, viewer):
    panel = status.StatusPanel(PlaneStrip(viewer, lambda: None))
    qtbot.addWidget(panel)
    panel.start(50.0)
    panel.show_progress(OPEN)
    panel.say("The task is now Inpaint.")
    assert panel.times.text() == "Elapsed 0:50"
    assert panel.steps.text()
    panel.end("Ended.", done=1.0)
    assert panel.times.text() == "Elapsed 0:50"
    panel.say("Marked 3 pixels.")
    assert (panel.message.text(), panel.times.text()) == ("Marked 3 pixels.", "")


def test_a_failure_while_something_is_shown_does_not_freeze_the_panel(qtbot, viewer):
    """Drawing is held back while all lines change at once."""
    panel = status.StatusPanel(PlaneStrip(viewer, lambda: None))
    qtbot.addWidget(panel)
    with pytest.raises(TypeError):
        panel.end(None, done="half")
    assert panel.updatesEnabled()
    panel.end("Ended.", done=1.0)
    assert panel.message.text() == "Ended."
