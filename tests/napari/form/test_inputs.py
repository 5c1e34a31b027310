"""Which image, which task, and which layers go with it."""

import numpy as np
from qtpy.QtWidgets import QApplication

from napari_deep_prior.core.tasks import TASKS

TITLES = {name: task.title for name, task in TASKS.items()}


WITHOUT, WITH, *_ = TITLES


def test_a_mask_picks_its_task_and_none_gives_it_back(viewer, panel, image):
    viewer.add_image(image)
    assert panel.problem.task.value == WITHOUT
    labels = viewer.add_labels((image > 150).astype(np.uint8))
    panel.problem.labels.value = labels
    assert panel.problem.task.value == WITH
    panel.problem.labels.value = None
    assert panel.problem.task.value == WITHOUT
    panel.problem.task.value = WITH
    assert panel.problem.labels.value == labels, "the only one there is"
    panel.problem.task.value = WITHOUT
    assert panel.problem.labels.value is None


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
