"""The buttons under the mask: a new one to paint on, and the search for bad pixels."""

import numpy as np
import pytest

from napari_deep_prior.core.imaging.bad_pixels import KINDS

PLACE = {"scale": (0.2, 0.3), "translate": (5, 7), "rotate": 30, "units": ("um", "um"), "axis_labels": ("y", "x")}


HOT, NAN = KINDS.index("hot") + 1, KINDS.index("nan") + 1


def corners(layer):
    return [layer.data_to_world(corner) for corner in np.ndindex(*(2,) * layer.ndim)]


def test_a_new_mask_lies_on_the_image_with_the_brush_in_hand(viewer, panel, image, run_to_end, fake):
    cells = viewer.add_image(image, name="cells", **PLACE)
    panel.masks.new.click()
    mask = viewer.layers["mask of cells"]
    assert mask.data.shape == image.shape
    assert not mask.data.any()
    assert mask.units == cells.units
    assert np.allclose(corners(mask), corners(cells))
    assert mask.mode == "paint"
    assert viewer.layers.selection.active == mask
    assert panel.problem.labels.value == mask
    mask.paint((10, 10), 1)
    run_to_end(panel)
    assert (next(iter(fake.made[0].task.companions().values())) == mask.data).all()


def test_the_search_makes_a_mask_that_the_next_run_uses(viewer, panel, image, qtbot):
    noisy = np.random.default_rng(0).normal(100, 3, image.shape)
    noisy[10, 12], noisy[4, 4] = 3000, np.nan
    cells = viewer.add_image(noisy, name="cells", contrast_limits=(0, 200), **PLACE)
    panel.masks.kinds["nan"].setChecked(False)
    panel.masks.find.click()
    assert not panel.masks.find.isEnabled()
    qtbot.waitUntil(panel.masks.find.isEnabled, timeout=60000)
    mask = viewer.layers["bad pixels of cells"]
    assert mask.data[10, 12] == HOT
    assert mask.data[4, 4] == 0, "not asked for"
    assert np.allclose(corners(mask), corners(cells))
    assert panel.problem.labels.value == mask
    assert panel.form.read().layers == {"image": "cells", "mask": "bad pixels of cells"}
    assert "hot 1" in panel.status.message.text()
    said = [action.text() for action in panel.masks.kinds.values()]
    assert list(mask.features["kind"]) == said, "napari says it below the canvas, in the words of the menu"
    assert "nan" not in said


def test_a_clean_image_gets_no_mask(viewer, panel, qtbot):
    viewer.add_image(np.random.default_rng(0).normal(100, 3, (24, 32)), name="noise")
    panel.masks.find.click()
    qtbot.waitUntil(panel.masks.find.isEnabled, timeout=60000)
    assert "No bad pixels" in panel.status.message.text()
    assert len(viewer.layers) == 1


def test_without_an_image_it_is_said(viewer, panel):
    panel.masks.new.click()
    assert "no image yet" in panel.status.message.text()
    panel.masks.find.click()
    assert panel.masks.find.isEnabled()
    assert len(viewer.layers) == 0


def test_a_search_that_fails_is_said(viewer, panel, image, qtbot):
    viewer.add_image(image, name="cells")
    for action in panel.masks.kinds.values():
        action.setChecked(False)
    panel.masks.kinds = {"purple": next(iter(panel.masks.kinds.values()))}
    panel.masks.kinds["purple"].setChecked(True)
    panel.masks.find.click()
    qtbot.waitUntil(panel.masks.find.isEnabled, timeout=60000)
    assert "'purple' is unknown" in panel.status.message.text()


@pytest.mark.parametrize("kind", ["shapes", "points"])
def test_shapes_and_points_are_offered_as_a_mask_and_used(viewer, panel, image, run_to_end, kind, fake):
    viewer.add_image(image, name="cells", scale=(0.5, 0.5))
    corners = np.array([[2, 2], [2, 6], [5, 6], [5, 2]], float)
    data = [corners] if kind == "shapes" else corners
    layer = getattr(viewer, f"add_{kind}")(data, name="drawn", scale=(0.5, 0.5))
    panel.problem.labels.value = layer
    run_to_end(panel)
    (mask,) = fake.made[-1].task.companions().values()
    assert mask.shape == image.shape
    assert mask[2, 2] > 0
    assert mask[10, 10] == 0
    assert not layer.visible, "it would cover what is watched"
