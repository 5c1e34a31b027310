"""Which image, which task, and which layers go with it."""

from pathlib import Path

import numpy as np
import pytest
from qtpy.QtWidgets import QApplication

from napari_deep_prior._napari import samples
from napari_deep_prior._napari.form import inputs
from napari_deep_prior._napari.layers.source import BY_PRODUCT
from napari_deep_prior._napari.widgets.welcome import THEN
from napari_deep_prior.core.tasks import TASKS

TITLES = {name: task.title for name, task in TASKS.items()}


WITHOUT, WITH, *_ = TITLES


def test_a_mask_picks_its_task_and_none_gives_it_back(viewer, panel, image):
    viewer.add_image(image)
    assert panel.problem.task.value == WITHOUT
    labels = viewer.add_labels((image > 150).astype(np.uint8))
    panel.problem.labels.value = labels
    assert panel.problem.task.value == WITH
    assert panel.status.message.text() == f"Because of '{labels.name}' the task is now {TITLES[WITH]}."
    panel.problem.labels.value = None
    assert panel.problem.task.value == WITHOUT
    panel.problem.task.value = WITH
    assert panel.problem.labels.value == labels, "the only one there is"
    panel.problem.task.value = WITHOUT
    assert panel.problem.labels.value is None
    assert f"does without '{labels.name}'" in panel.status.message.text()


def test_a_mask_that_the_task_uses_otherwise_is_not_said_to_be_of_no_use(viewer, panel, image):
    viewer.add_image(image)
    labels = viewer.add_labels((image > 150).astype(np.uint8), name="spoilt")
    panel.problem.form.fill({"mask": labels})
    panel.problem.labels.value = labels
    assert panel.problem.task.value == WITH
    panel.problem.task.value = WITHOUT
    assert panel.problem.form.layers()["mask"] == labels
    assert panel.status.message.text() == "Denoise uses 'spoilt' as missing pixels."


def test_the_mask_of_the_sample_is_chosen_with_its_task(viewer, panel):
    for data, meta, kind in samples.noisy_text():
        getattr(viewer, f"add_{kind}")(data, **meta)
    assert panel.problem.labels.value == viewer.layers["writing"]
    assert panel.problem.task.value == WITH


def test_a_task_without_its_mask_is_refused(viewer, panel, image):
    viewer.add_image(image)
    panel.problem.task.value = WITH
    panel.buttons.run.click()
    assert "needs a layer as mask" in panel.status.message.text()


def test_no_image_is_refused(panel):
    panel.buttons.run.click()
    assert "no image yet" in panel.status.message.text()


def test_layers_come_go_and_are_renamed(viewer, panel, image):
    layer = viewer.add_image(image, name="a")
    viewer.add_image(image, name="b")
    layer.name = "c"
    QApplication.processEvents()
    assert [choice.name for choice in panel.problem.image.choices] == ["b", "c"]
    combo = panel.problem.image.native
    assert [combo.itemText(i) for i in range(combo.count())] == ["b", "c"]
    viewer.layers.remove(layer)
    assert [choice.name for choice in panel.problem.image.choices] == ["b"]


def test_the_selected_image_is_the_chosen_one(viewer, panel, image):
    first, second = viewer.add_image(image, name="first"), viewer.add_image(image, name="second")
    assert panel.problem.image.value == second
    viewer.layers.selection.active = first
    assert panel.problem.image.value == first
    viewer.add_labels(np.ones(image.shape, np.uint8))
    assert panel.problem.image.value == first, "labels change nothing"


def test_a_result_stands_for_the_image_it_was_made_from(viewer, panel, image, run_to_end):
    first, second = viewer.add_image(image, name="first"), viewer.add_image(image, name="second")
    viewer.layers.selection.active = first
    run_to_end(panel)
    assert panel.problem.image.value == first, "although the result is selected"
    viewer.layers.selection.active = second
    viewer.layers.selection.active = viewer.layers["first · denoised"]
    assert panel.problem.image.value == first
    panel.problem.image.value = viewer.layers["first · denoised"]
    assert panel.form.read().problem.image.name == "first · denoised", "by hand it can be chosen as well"


def test_by_products_are_not_offered(viewer, panel, image, qtbot, run_to_end, fake):
    source = viewer.add_image(image, name="cells")
    run_to_end(panel)
    trust, compare, history = (panel.sections[title] for title in ("Trust", "Compare", "History"))
    trust.boxes["residual"].setChecked(True)
    trust.boxes["uncertainty"].setChecked(True)
    compare.modes["curtain"].click()
    history.add_layer()
    panel.buttons.try_view.click()
    qtbot.waitUntil(lambda: panel.buttons.run.isEnabled(), timeout=60000)
    names = [layer.name for layer in viewer.layers]
    assert len(names) >= 6, names
    offered = [layer.name for layer in panel.problem.image.choices]
    assert offered == ["cells", "cells · denoised"]
    by_products = [layer.name for layer in viewer.layers if BY_PRODUCT in layer.metadata]
    assert sorted([*by_products, *offered]) == sorted(names)
    viewer.layers.selection.active = viewer.layers["cells · denoised · try · balanced"]
    assert panel.problem.image.value == source


def test_status_and_resume_belong_to_their_image(viewer, panel, image, run_to_end):
    first = viewer.add_image(image, name="first")
    run_to_end(panel)
    told = panel.status.message.text().removesuffix(f" {THEN}")
    second = viewer.add_image(image, name="second")
    assert panel.status.message.text() != told
    assert panel.status.bar.value() == 0
    assert not panel.buttons.resume.isEnabled()
    viewer.layers.selection.active = first
    assert panel.status.message.text() == told
    assert panel.status.bar.value() == 1000
    assert panel.buttons.resume.isEnabled()
    viewer.layers.selection.active = second
    viewer.layers.selection.active = viewer.layers["first · denoised"]
    assert panel.buttons.resume.isEnabled()
    viewer.layers.remove(first)
    viewer.layers.selection.active = second
    assert not panel.buttons.resume.isEnabled(), "its image is gone, and another one is looked at"


@pytest.mark.parametrize("name", ["label", "invert_mask"])
def test_what_says_something_of_one_image_is_not_remembered(viewer, dock, reopened, image, run_to_end, name):
    viewer.add_image(image, name="cells")
    panel = dock(viewer)
    panel.problem.labels.value = viewer.add_labels((image > 150).astype(np.uint8) * 9)
    panel.problem.form.fill({"label": 9, "invert_mask": True, "dilate_by": 2})
    run_to_end(panel)
    task = panel.problem.task.value
    tomorrow = reopened(panel)
    tomorrow.problem.task.value = task
    values = tomorrow.problem.form.values()
    assert values["dilate_by"] == 2
    assert values[name] in ("any", False)


def test_all_settings_come_back_the_next_day(viewer, dock, reopened, image, run_to_end):
    viewer.add_image(image, name="cells")
    panel = dock(viewer)
    panel.basic.fill({"preset": "fast", "seconds": 6.0})
    run_to_end(panel)
    assert reopened(panel).basic.values() == {"preset": "fast", "seconds": 6.0}


def test_a_refused_run_is_not_remembered(viewer, dock, reopened, image, run_to_end, fake, monkeypatch):
    def refuse(*_, **__):
        raise ValueError("No.")

    monkeypatch.setattr(fake, "__init__", refuse)
    viewer.add_image(image, name="cells")
    panel = dock(viewer)
    before = panel.basic.values()
    panel.basic.fill({"seconds": 6.0})
    run_to_end(panel)
    assert reopened(panel).basic.values() == before


def test_each_task_has_a_page_and_the_panel_leads_to_it(panel, monkeypatch):
    opened = []
    monkeypatch.setattr(inputs.QDesktopServices, "openUrl", lambda url: opened.append(url.toString()))
    docs = Path(__file__).parents[3] / "docs" / "tasks"
    for task in TASKS:
        panel.problem.task.value = task
        panel.problem.help.click()
        assert opened[-1] == inputs.help_page(task)
        assert (docs / f"{task}.md").is_file(), "no page of this task"
