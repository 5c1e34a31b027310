"""Presets of one's own: saved under a name, there the next day, chosen for another image, and deleted."""

from __future__ import annotations

import numpy as np
import pytest
from qtpy.QtWidgets import QInputDialog, QMessageBox


@pytest.fixture
def answers(monkeypatch):
    """What is typed as the name, and whether a question is answered with yes."""
    given = {"name": ("few photons", True), "yes": True, "asked": []}

    def question(parent, title, words, *_):
        given["asked"].append(words)
        return QMessageBox.StandardButton.Yes if given["yes"] else QMessageBox.StandardButton.No

    monkeypatch.setattr(QInputDialog, "getText", lambda *_, **__: given["name"])
    monkeypatch.setattr(QMessageBox, "question", question)
    return given


def entries(panel):
    """The menu as it is shown, title -> action."""
    menu = panel.form.presets.menu()
    menu.aboutToShow.emit()
    return {action.text(): action for action in menu.actions() if action.text()}


def test_a_preset_is_saved_and_chosen_the_next_day_for_another_image(viewer, panel, reopened, image, answers):
    viewer.add_image(image, name="cells")
    mask = viewer.add_labels((image > 150).astype(np.uint8), name="gap")
    panel.problem.labels.value = mask
    panel.problem.form.fill({"label": 1, "dilate_by": 2})
    panel.basic.fill({"preset": "fast", "seconds": 6.0})
    panel.advanced.fill({"seed": 7})
    panel.output.fill({"dtype": "input"})
    entries(panel)["Save these settings as…"].trigger()
    assert "few photons" in panel.status.message.text()

    tomorrow = reopened(panel)
    assert tomorrow.advanced.values()["seed"] == 0, "what was saved is not what comes by itself"
    entries(tomorrow)["few photons"].trigger()
    assert tomorrow.problem.task.value == "inpaint"
    assert tomorrow.basic.values() == {"preset": "fast", "seconds": 6.0}
    assert tomorrow.advanced.values()["seed"] == 7
    assert tomorrow.output.values()["dtype"] == "input"
    assert tomorrow.problem.form.values()["dilate_by"] == 2
    assert tomorrow.problem.form.values()["label"] == "any", "it says something of one image"


def test_a_name_that_is_taken_is_replaced_only_if_wanted(panel, answers):
    button = panel.form.presets
    panel.advanced.fill({"seed": 1})
    button.ask()
    panel.advanced.fill({"seed": 2})
    answers["yes"] = False
    button.ask()
    button.choose("few photons")
    assert panel.advanced.values()["seed"] == 1
    assert "few photons" in answers["asked"][0]


@pytest.mark.parametrize("given", [("", True), ("  ", True), ("a name", False)])
def test_without_a_name_nothing_is_saved(panel, answers, given):
    answers["name"] = given
    panel.form.presets.ask()
    assert panel.form.presets.names == []


def test_it_is_deleted_when_that_is_wanted(panel, answers, reopened):
    panel.form.presets.ask()
    answers["yes"] = False
    panel.form.presets.delete("few photons")
    assert panel.form.presets.names == ["few photons"]
    answers["yes"] = True
    delete = entries(panel)["Delete"].menu()
    delete.actions()[0].trigger()
    assert "few photons" not in entries(panel)
    assert reopened(panel).form.presets.names == []


def test_a_task_of_another_version_is_said(panel, answers, monkeypatch):
    panel.form.presets.ask()
    monkeypatch.setattr(panel.form.presets._memory, "get", lambda *_: {"task": "colourise"})
    panel.form.presets.choose("few photons")
    assert "does not have the task 'colourise'" in panel.status.message.text()


def test_a_name_is_shown_as_it_was_typed(panel, answers):
    answers["name"] = ("salt & pepper", True)
    panel.form.presets.ask()
    assert "salt && pepper" in entries(panel)
    panel.form.presets.choose("salt & pepper")
