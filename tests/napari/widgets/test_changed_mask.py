"""A mask painted on during or after a run: the offer to fit again."""

import numpy as np
import pytest

from napari_deep_prior._napari.layers.source import KEY


@pytest.fixture
def painted(viewer, panel, image):
    viewer.add_image(image, name="cells")
    mask = np.zeros(image.shape, np.uint8)
    mask[2:4] = 1
    panel.problem.labels.value = viewer.add_labels(mask, name="gap")
    return viewer.layers["gap"]


def masks_of(fake):
    return [int((next(iter(fit.task.companions().values())) > 0).sum()) for fit in fake.made]


def test_a_mask_painted_on_after_a_run_offers_to_fit_again(viewer, panel, painted, run_to_end, qtbot, fake):
    run_to_end(panel)
    assert not panel.refit.isVisibleTo(panel)
    live = viewer.layers["cells · inpainted"]
    painted.paint((12, 12), 1)
    assert panel.refit.isVisibleTo(panel)
    assert "'gap' has changed" in panel.refit.words.text()
    panel.basic.fill({"preset": "best"})  # the same again: what is chosen now does not matter
    panel.refit.button.click()
    assert not panel.refit.isVisibleTo(panel)
    qtbot.waitUntil(lambda: panel.buttons.run.isEnabled(), timeout=60000)
    assert len(viewer.layers) == 3
    assert viewer.layers["cells · inpainted"] == live
    before, after = masks_of(fake)
    assert after > before
    assert fake.made[1].settings.as_dict() == fake.made[0].settings.as_dict()
    assert live.metadata[KEY]["invented"] == after / painted.data.size


def test_painted_on_during_a_run(viewer, panel, painted, qtbot, fake):
    fake.steps, fake.pause = 4000, 0.01
    panel.buttons.run.click()
    qtbot.waitUntil(lambda: panel.status.times.text() != "", timeout=60000)
    painted.data = np.ones_like(painted.data)
    painted.data[0] = 0
    qtbot.waitUntil(lambda: panel.refit.isVisibleTo(panel), timeout=60000)
    fake.steps = 8
    panel.refit.button.click()
    qtbot.waitUntil(lambda: len(fake.made) == 2 and panel.buttons.run.isEnabled(), timeout=60000)
    assert masks_of(fake)[1] == painted.data.sum()
    assert [layer.name for layer in viewer.layers] == ["cells", "cells · inpainted", "gap"]


def test_fitted_again_in_a_queue_the_others_still_come(viewer, panel, painted, image, qtbot, fake):
    other = viewer.add_image(image + 1, name="other")
    viewer.layers.selection = {viewer.layers["cells"], other}
    fake.steps, fake.pause = 4000, 0.01
    panel.buttons.run.click()
    qtbot.waitUntil(lambda: panel.status.times.text() != "", timeout=60000)
    painted.data = np.ones_like(painted.data)
    qtbot.waitUntil(lambda: panel.refit.isVisibleTo(panel), timeout=60000)
    fake.steps = 8
    panel.refit.button.click()
    qtbot.waitUntil(lambda: panel.status.message.text().startswith("2 of 2 layers are restored."), timeout=60000)
    assert masks_of(fake)[1:] == [painted.data.size] * 2


def test_another_mask_is_none_of_its_business(viewer, panel, painted, run_to_end):
    other = viewer.add_labels(np.zeros_like(painted.data), name="other")
    run_to_end(panel)
    other.paint((3, 3), 1)
    assert not panel.refit.isVisibleTo(panel)
    panel.problem.labels.value = None
    run_to_end(panel)
    painted.paint((3, 3), 1)
    assert not panel.refit.isVisibleTo(panel), "the last run did without"


def test_a_fit_again_into_a_deleted_layer_makes_a_new_one(viewer, panel, painted, run_to_end, qtbot):
    run_to_end(panel)
    viewer.layers.remove("cells · inpainted")
    painted.paint((12, 12), 1)
    panel.refit.button.click()
    qtbot.waitUntil(lambda: panel.buttons.run.isEnabled(), timeout=60000)
    assert KEY in viewer.layers["cells · inpainted"].metadata
