"""What stands on the screen says what it means: in words, whole, and once."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from napari.settings import get_settings
from qtpy.QtWidgets import QLabel

from napari_deep_prior.core.parameters import parameters_of
from napari_deep_prior.core.tasks import TASKS


@pytest.mark.parametrize("task", TASKS)
def test_what_is_not_chosen_says_what_could_be(viewer, panel, image, task):
    """\"Noisy: none\" and \"Guide: none\" do not say which of them takes labels."""
    viewer.add_image(image, name="cells")
    panel.problem.task.value = task
    kinds = {p.name: p.layer.kind for p in parameters_of(TASKS[task]) if p.layer is not None}
    for name, field in panel.problem.form._fields.items():
        if name in kinds:
            said = field.native.findChildren(type(panel.problem.labels.native)) or [field.native]
            texts = {box.itemText(0) for box in said if hasattr(box, "itemText")}
            assert texts & {"no labels", "no image"} == {f"no {'labels' if kinds[name] == 'labels' else 'image'}"}
    assert panel.problem.labels.native.itemText(0) == "no labels"


def test_no_two_rows_have_names_that_are_taken_for_each_other(panel):
    words = [label.text() for label in panel.form.findChildren(QLabel) if label.text()]
    assert "Dtype" not in words
    assert "Seeds" not in words
    assert "nan" not in " ".join(words).split()


def test_what_to_do_first_is_what_is_left_to_do(viewer, panel, image):
    assert panel.status.message.text() == "Open an image, then press Run."
    viewer.add_image(image)
    assert panel.status.message.text() == "Press Run."


@pytest.mark.parametrize(("steps", "words"), [(1, "1 moment before it"), (2, "2 moments before it")])
def test_one_moment_is_one(viewer, panel, image, run_to_end, fake, steps, words):
    fake.steps, fake.pause = steps, 0.2
    viewer.add_image(image)
    run_to_end(panel)
    assert panel.sections["History"].where.text() == f"The present · {words}"


def test_what_cannot_be_computed_on_is_said_once(viewer, panel, image, monkeypatch):
    viewer.add_image(image, name="cells")
    panel.advanced.fill({"device": "mps"})
    panel.buttons.run.click()
    seen = Counter(label.text() for label in panel.findChildren(QLabel) if label.text() and not label.isHidden())
    assert [words for words, count in seen.items() if count > 1 and "mps" in words.lower()] == []


@pytest.mark.parametrize("size", [1, 2])
def test_every_line_of_trust_is_whole(shown, run_to_end, qtbot, monkeypatch, size):
    viewer, panel = shown
    appearance = get_settings().appearance
    monkeypatch.setattr(appearance, "font_size", size * appearance.font_size)
    ramp = np.linspace(0, 350, 96 * 80).reshape(96, 80)
    viewer.add_image(np.clip(ramp + np.random.default_rng(0).normal(0, 3, ramp.shape), 0, 255).astype(np.uint8))
    run_to_end(panel)
    panel.sections.folds["Trust"].button.click()
    trust = panel.sections["Trust"]
    trust.numbers.setText("\n".join(["Correlation in the removed part: 0.00 (0 is best)"] * 7))
    for label in (trust.numbers, trust.warnings):
        qtbot.waitUntil(lambda label=label: label.height() >= label.heightForWidth(label.width()), timeout=60000)
