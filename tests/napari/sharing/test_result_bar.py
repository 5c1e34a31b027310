"""A result brings its settings back."""

import numpy as np
from qtpy.QtCore import QCoreApplication, QEvent
from qtpy.QtGui import QGuiApplication

from napari_deep_prior import Denoise, Settings, methods_paragraph, restore
from napari_deep_prior._napari.layers.source import KEY
from napari_deep_prior.core.tasks import TASKS

WITHOUT, WITH = list(TASKS)[:2]


def masked(viewer, image):
    mask = np.zeros(image.shape, np.uint8)
    mask[:4] = 1
    return viewer.add_labels(mask, name="gap")


def test_a_result_refills_the_form(viewer, panel, image, run_to_end):
    cells, other = viewer.add_image(image, name="cells"), viewer.add_image(image, name="other")
    gap = masked(viewer, image)
    panel.problem.image.value = cells
    panel.problem.labels.value = gap
    panel.problem.form.fill({"keep_known": False})
    panel.basic.fill({"preset": "fast", "seconds": 3.0})
    panel.advanced.fill({"seed": 7, "iterations": 11, "learning_rate": 0.02})
    panel.output.fill({"dtype": "input"})
    run_to_end(panel)
    before = panel.form.read()

    panel.problem.image.value = other
    panel.problem.task.value = WITHOUT
    panel.basic.fill({"preset": "best", "seconds": "auto"})
    panel.advanced.fill({"seed": 0, "iterations": "auto", "learning_rate": "auto"})
    panel.output.fill({"dtype": "float32"})
    viewer.layers.selection.active = other
    assert not panel.recall.isVisibleTo(panel)
    viewer.layers.selection.active = viewer.layers["cells · inpainted"]
    assert panel.recall.isVisibleTo(panel)
    panel.recall.button.click()

    after = panel.form.read()
    assert after.layers == before.layers == {"image": "cells", "mask": "gap"}
    assert after.as_values() == before.as_values()
    assert "as it was" in panel.status.message.text()


def test_layers_that_are_gone_and_unknown_tasks_are_said(viewer, panel, image, run_to_end):
    source = viewer.add_image(image, name="cells")
    run_to_end(panel)
    viewer.layers.remove(source)
    viewer.layers.selection.active = viewer.layers["cells · denoised"]
    panel.recall.button.click()
    assert "no layer 'cells'" in panel.status.message.text()
    record = viewer.layers[-1].metadata[KEY]
    panel.use({**record, "task": {"name": "colourise"}})
    assert "the task 'colourise'" in panel.status.message.text()
    panel.use({**record, "settings": {"seed": -5}})
    assert "-5" in panel.status.message.text()


def test_a_closed_panel_hears_no_more(viewer, dock, image):
    panel = dock(viewer)
    panel.parent().destroyOnClose()
    panel.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    viewer.add_image(image)
    viewer.layers.selection.active = None


def test_the_paragraph_for_a_paper_is_copied_from_the_record(viewer, panel, image):
    record = restore(image, Denoise(), settings=Settings(preset="fast", iterations=2, seconds="never")).record
    for name, carried in (("result", record.as_dict()), ("odd", {**record.as_dict(), "task": {"name": "colourise"}})):
        viewer.add_image(image, name=name, metadata={KEY: carried})
    bar = panel.recall
    (action,) = [action for action in bar.share.menu().actions() if action.text() == "Copy methods paragraph"]
    viewer.layers.selection.active = viewer.layers["result"]
    action.trigger()
    assert QGuiApplication.clipboard().text() == methods_paragraph(record)
    assert "on the clipboard" in panel.status.message.text()
    viewer.layers.selection.active = viewer.layers["odd"]
    action.trigger()
    assert "'colourise', which this version does not have" in panel.status.message.text()


def test_how_much_is_restored_is_said_once(viewer, panel, image):
    planes = [{"plane": 0}]
    layer = viewer.add_image(image, name="film · denoised", metadata={KEY: {"planes": planes, "planes_in_image": 6}})
    viewer.layers.selection.active = layer
    panel.recall.refresh()
    assert panel.recall.words.text() == "'film · denoised' is a result: 1 of 6 planes is restored."
    layer.name = "film · denoised · 1 of 6 planes"
    panel.recall.refresh()
    assert panel.recall.words.text() == "'film · denoised · 1 of 6 planes' is a result."
