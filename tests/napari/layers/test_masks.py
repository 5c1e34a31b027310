"""Masks: made over any image, pixel on pixel; bad pixels found; painted on during and after a run, and fitted again."""

import numpy as np
import pytest

from napari.layers import Image
from napari_deep_prior._napari.engine import load
from napari_deep_prior._napari.layers.masks import bad_pixels, counted, shape_over
from napari_deep_prior._napari.layers.source import KEY, Source
from napari_deep_prior.core.imaging.bad_pixels import KINDS

PLACE = {"scale": (0.2, 0.3), "translate": (5, 7), "rotate": 30, "units": ("um", "um"), "axis_labels": ("y", "x")}
HOT, NAN = KINDS.index("hot") + 1, KINDS.index("nan") + 1


def corners(layer):
    return [layer.data_to_world(corner) for corner in np.ndindex(*(2,) * layer.ndim)]


def found(image, **layer):
    return bad_pixels(load(), Source.of(Image(image, **layer)), KINDS)


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


@pytest.mark.parametrize(
    ("shape", "letters", "rgb", "wanted"),
    [
        ((3, 20, 30), "tyx", False, (3, 20, 30)),
        ((20, 30, 3), "yx", True, (20, 30)),
        ((2, 3, 20, 30), "tcyx", False, (2, 3, 20, 30)),
    ],
)
def test_bad_pixels_of_any_image(shape, letters, rgb, wanted):
    data = np.random.default_rng(0).normal(100, 3, shape)
    at = (1,) * (len(shape) - 2 - rgb) + (10, 12)
    data[(*at, 1) if rgb else at] = 2000
    source = Source.of(Image(np.clip(data, 0, 255).astype(np.uint8) if rgb else data, rgb=rgb, axis_labels=letters))
    labels = bad_pixels(load(), source, KINDS)
    assert labels.shape == shape_over(source) == wanted
    assert list(zip(*np.nonzero(labels), strict=True)) == [at]
    assert labels[at] == HOT


def test_what_is_found_is_counted_in_words():
    labels = np.array([[0, HOT, HOT], [0, 0, NAN]], np.uint8)
    assert counted(labels, KINDS, "cells") == "Marked 3 pixels of 'cells': hot 2, nan 1."
    assert counted(labels * 0, KINDS, "cells") == "No bad pixels were found in 'cells'."


def test_the_search_makes_a_mask_that_the_next_run_uses(viewer, panel, image, qtbot):
    noisy = np.random.default_rng(0).normal(100, 3, image.shape)
    noisy[10, 12], noisy[4, 4] = 3000, np.nan
    cells = viewer.add_image(noisy, name="cells", contrast_limits=(0, 200), **PLACE)
    panel.masks.kinds["nan"].setChecked(False)
    panel.masks.find.click()
    assert not panel.masks.find.isEnabled()
    qtbot.waitUntil(panel.masks.find.isEnabled, timeout=20000)
    mask = viewer.layers["bad pixels of cells"]
    assert mask.data[10, 12] == HOT
    assert mask.data[4, 4] == 0, "not asked for"
    assert np.allclose(corners(mask), corners(cells))
    assert panel.problem.labels.value == mask
    assert panel.form.read().layers == {"image": "cells", "mask": "bad pixels of cells"}
    assert "hot 1" in panel.status.message.text()


def test_a_clean_image_gets_no_mask(viewer, panel, qtbot):
    viewer.add_image(np.random.default_rng(0).normal(100, 3, (24, 32)), name="noise")
    panel.masks.find.click()
    qtbot.waitUntil(panel.masks.find.isEnabled, timeout=20000)
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
    qtbot.waitUntil(panel.masks.find.isEnabled, timeout=20000)
    assert "'purple' is unknown" in panel.status.message.text()


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
    qtbot.waitUntil(lambda: panel.buttons.run.isEnabled(), timeout=20000)
    assert len(viewer.layers) == 3
    assert viewer.layers["cells · inpainted"] == live
    before, after = masks_of(fake)
    assert after > before
    assert fake.made[1].settings.as_dict() == fake.made[0].settings.as_dict()
    assert live.metadata[KEY]["invented"] == after / painted.data.size


def test_painted_on_during_a_run(viewer, panel, painted, qtbot, fake):
    fake.steps, fake.pause = 4000, 0.01
    panel.buttons.run.click()
    qtbot.waitUntil(lambda: panel.status.times.text() != "", timeout=10000)
    painted.data = np.ones_like(painted.data)
    painted.data[0] = 0
    qtbot.waitUntil(lambda: panel.refit.isVisibleTo(panel), timeout=10000)
    fake.steps = 8
    panel.refit.button.click()
    qtbot.waitUntil(lambda: len(fake.made) == 2 and panel.buttons.run.isEnabled(), timeout=20000)
    assert masks_of(fake)[1] == painted.data.sum()
    assert [layer.name for layer in viewer.layers] == ["cells", "cells · inpainted", "gap"]


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
    qtbot.waitUntil(lambda: panel.buttons.run.isEnabled(), timeout=20000)
    assert KEY in viewer.layers["cells · inpainted"].metadata
