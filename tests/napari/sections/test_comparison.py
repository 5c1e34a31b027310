"""Source against result, in every way there is; then all as it was before."""

from __future__ import annotations

import numpy as np
import pytest

from napari_deep_prior._napari.sections.comparison import grid_of


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
    qtbot.waitUntil(lambda: result.visible and not source.visible, timeout=60000)
    compare.modes["side_by_side"].click()
    assert not compare.modes["blink"].isChecked()
    assert grid_of(viewer).enabled
    assert (source.visible, result.visible, other.visible) == (True, True, False)
    compare.modes["curtain"].click()
    assert not grid_of(viewer).enabled
    curtain = viewer.layers["cells | before"]
    compare.slider.setValue(250)
    assert (curtain.data == source.data[:, :8]).all()
    assert curtain.data_to_world((3, 4)) == pytest.approx(source.data_to_world((3, 4)))
    compare.modes["curtain"].click()
    assert state(viewer) == former


@pytest.mark.parametrize("end", ["source deleted", "new run"])
def test_whatever_ends_a_comparison_nothing_of_it_is_left(viewer, panel, pair, run_to_end, end):
    compare, source, result, _ = pair
    compare.modes["curtain"].click()
    assert len(viewer.layers) == 5
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


def test_behind_the_curtain_channels_do_not_add_up(viewer, panel, image, run_to_end):
    source, _ = viewer.add_image(np.stack([image, image]), channel_axis=0, name=["GFP", "mCherry"])
    panel.problem.image.value = source
    run_to_end(panel)
    panel.sections["Compare"].modes["curtain"].click()
    assert {layer.name for layer in viewer.layers if layer.visible} == {"GFP · denoised", "GFP | before", "GFP | edge"}
    assert viewer.layers["GFP | before"].blending == "opaque"


def test_a_source_that_a_hot_pixel_makes_black_is_shown_as_its_result_is(viewer, panel, image, run_to_end):
    image[3, 4] = 60000
    source = viewer.add_image(image, name="cells")
    run_to_end(panel)
    compare, result = panel.sections["Compare"], viewer.layers["cells · denoised"]
    before = list(source.contrast_limits)
    assert result.contrast_limits[1] < before[1] / 2
    compare.hold.pressed.emit()
    assert list(source.contrast_limits) == list(result.contrast_limits)
    compare.hold.released.emit()
    assert list(source.contrast_limits) == before
