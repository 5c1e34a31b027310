"""The section that compares: the button to hold, the key, and which pair of layers it shows."""

from __future__ import annotations

from qtpy.QtCore import Qt
from qtpy.QtTest import QTest

from napari_deep_prior._napari.layers.source import KEY
from napari_deep_prior._napari.sections.comparison import grid_of
from napari_deep_prior._napari.sharing.save_button import saved


def state(viewer):
    grid = grid_of(viewer)
    layers = [(layer.name, layer.visible) for layer in viewer.layers]
    return layers, grid.enabled, tuple(grid.shape), grid.stride, {layer.name for layer in viewer.layers.selection}


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
