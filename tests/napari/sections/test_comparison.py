"""Source against result, in every way there is."""

from __future__ import annotations

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest

from napari_deep_prior._napari.layers.source import KEY
from napari_deep_prior._napari.sections.comparison import grid_of
from napari_deep_prior._napari.sharing.save_button import saved

TILTED = {
    "scale": (0.2, 0.3), "translate": (5, 7), "rotate": 30, "shear": [0.1], "units": ("um", "um"),
    "affine": [[1, 0.2, 3], [0.1, 1.3, 4], [0, 0, 1]],
}  # fmt: skip


@pytest.fixture
def pair(viewer, panel, image, run_to_end):
    """A result over its source, a layer that is hidden, and an overlay."""
    other = viewer.add_image(image, name="other", visible=False)
    source = viewer.add_image(image, name="cells", **TILTED)
    panel.problem.image.value = source
    run_to_end(panel)
    for section in panel.sections.folds.values():
        section.button.setChecked(True)
    return panel.sections["Compare"], source, viewer.layers[-1], other


def state(viewer):
    grid = grid_of(viewer)
    layers = [(layer.name, layer.visible) for layer in viewer.layers]
    return layers, grid.enabled, tuple(grid.shape), grid.stride, {layer.name for layer in viewer.layers.selection}


def test_every_comparison_shows_the_source_and_ends_as_it_began(viewer, pair, qtbot):
    compare, source, result, other = pair
    former = state(viewer)
    compare.hold.pressed.emit()
    assert (source.visible, result.visible) == (True, False)
    compare.hold.released.emit()
    assert state(viewer) == former
    compare.modes["blink"].click()
    assert source.visible
    qtbot.waitUntil(lambda: result.visible and not source.visible, timeout=5000)
    compare.modes["side_by_side"].click()
    assert not compare.modes["blink"].isChecked()
    assert grid_of(viewer).enabled
    assert (source.visible, result.visible, other.visible) == (True, True, False)
    compare.modes["curtain"].click()
    assert not grid_of(viewer).enabled
    curtain = viewer.layers[-1]
    compare.slider.setValue(25)
    assert (curtain.data == source.data[:, :8]).all()
    assert curtain.data_to_world((3, 4)) == pytest.approx(source.data_to_world((3, 4)))
    compare.modes["curtain"].click()
    assert state(viewer) == former


def test_a_key_shows_the_source_as_long_as_it_is_held(viewer, panel, pair):
    _, source, result, _ = pair
    former = state(viewer)
    QTest.keyPress(panel.buttons.run, Qt.Key.Key_B)
    assert (source.visible, result.visible) == (True, False)
    QTest.keyRelease(panel.buttons.run, Qt.Key.Key_B)
    assert state(viewer) == former
    (bound,) = [action for key, action in result.keymap.items() if str(key) == "B"]
    held = bound(result)
    next(held)
    assert (source.visible, result.visible) == (True, False)
    next(held, None)
    assert state(viewer) == former
    assert "B" not in {str(key) for key in viewer.keymap}, "bound to the result alone"


def test_a_comparison_that_is_folded_away_ends(shown, image, run_to_end):
    viewer, panel = shown
    viewer.add_image(image)
    run_to_end(panel)
    panel.sections.folds["Compare"].button.setChecked(True)
    former = state(viewer)
    panel.sections["Compare"].modes["curtain"].click()
    assert state(viewer) != former
    panel.sections.folds["Compare"].button.setChecked(False)
    assert state(viewer) == former


@pytest.mark.parametrize("end", ["source deleted", "new run"])
def test_whatever_ends_a_comparison_nothing_of_it_is_left(viewer, panel, pair, run_to_end, end):
    compare, source, result, _ = pair
    compare.modes["curtain"].click()
    assert len(viewer.layers) == 4
    if end == "source deleted":
        viewer.layers.remove(source)
        compare.modes["curtain"].click()
        compare.modes["blink"].click()
        assert not compare.modes["blink"].isChecked()
    else:
        panel.problem.image.value = source
        run_to_end(panel)
    assert not [layer for layer in viewer.layers if "before" in layer.name]
    assert result.visible


def visible(viewer):
    return {layer.name for layer in viewer.layers if layer.visible}


def held(panel, viewer):
    """What is seen while the button is held."""
    hold = panel.sections["Compare"].hold
    QTest.mousePress(hold, Qt.MouseButton.LeftButton)
    seen = visible(viewer)
    QTest.mouseRelease(hold, Qt.MouseButton.LeftButton)
    return seen


def test_with_an_older_result_between_the_source_alone_is_seen(viewer, panel, image, run_to_end):
    viewer.add_image(image, name="A")
    run_to_end(panel)
    run_to_end(panel)
    former = visible(viewer)
    assert held(panel, viewer) == {"A"}
    assert visible(viewer) == former


def test_what_is_compared_is_the_selected_result_and_its_source(viewer, panel, image, run_to_end):
    a, b = viewer.add_image(image, name="A"), viewer.add_image(image, name="B")
    for source in (a, b):
        panel.problem.image.value = source
        run_to_end(panel)
    assert held(panel, viewer) == {"B"}
    a.name = "renamed"
    viewer.layers.selection.active = viewer.layers["A · denoised"]
    assert held(panel, viewer) == {"renamed"}
    viewer.layers.selection.active = b
    assert held(panel, viewer) == {"renamed"}, "what is no result changes nothing"


def test_a_result_that_is_opened_again_is_compared_with_its_source(viewer, panel, image, run_to_end, tmp_path):
    viewer.add_image(image, name="A")
    run_to_end(panel)
    result = viewer.layers["A · denoised"]
    saved(result, result.metadata[KEY], tmp_path / "out.tif")
    viewer.layers.remove(result)
    viewer.open(tmp_path / "out.tif", plugin="napari")
    viewer.layers.selection.active = viewer.layers["out"]
    assert held(panel, viewer) == {"A"}


def test_behind_the_curtain_channels_do_not_add_up(viewer, panel, image, run_to_end):
    source, _ = viewer.add_image(np.stack([image, image]), channel_axis=0, name=["GFP", "mCherry"])
    panel.problem.image.value = source
    run_to_end(panel)
    panel.sections["Compare"].modes["curtain"].click()
    assert visible(viewer) == {"GFP · denoised", "GFP | before"}
    assert viewer.layers["GFP | before"].blending == "opaque"
