"""A question, and hours that are asked about before they start."""

import dask.array as da
import pytest
from qtpy.QtWidgets import QMessageBox, QWidget

from napari_deep_prior._napari.widgets.asking import agreed


@pytest.fixture
def answering(monkeypatch):
    """Presses a button of each question; returns what was asked."""
    asked = []

    def press(name):
        def question(parent, title, words, buttons, default):
            asked.append((words, default))
            return getattr(QMessageBox.StandardButton, name)

        monkeypatch.setattr(QMessageBox, "question", question)
        return asked

    return press


@pytest.mark.parametrize("name", ["Yes", "No"])
def test_only_yes_is_a_yes_and_return_is_none(qtbot, answering, name):
    asked = answering(name)
    parent = QWidget()
    qtbot.addWidget(parent)
    assert agreed(parent, "Title", "Words?") is (name == "Yes")
    assert asked == [("Words?", QMessageBox.StandardButton.No)]


def test_hours_are_said_as_hours_and_start_only_if_wanted(viewer, panel, image, qtbot, fake, answering):
    viewer.add_image(da.stack([da.from_array(image)] * 30), name="film", contrast_limits=(0, 200))
    panel.basic.fill({"seconds": 180.0})
    asked = answering("No")
    panel.buttons.run.click()
    assert asked[0][0] == "30 planes of at most 3:00 each may take 1 h 30 min. Start?"
    assert "Not started" in panel.status.message.text()
    assert len(viewer.layers) == 1
    answering("Yes")
    panel.buttons.run.click()
    assert panel.buttons.stop.isEnabled()
    panel.buttons.stop.click()
    qtbot.waitUntil(lambda: panel.buttons.run.isEnabled(), timeout=60000)


def test_minutes_are_not_asked_about(viewer, panel, image, run_to_end, fake, answering):
    viewer.add_image(da.stack([da.from_array(image)] * 3), name="film", contrast_limits=(0, 200))
    panel.basic.fill({"seconds": 180.0})
    asked = answering("No")
    run_to_end(panel)
    assert asked == []
