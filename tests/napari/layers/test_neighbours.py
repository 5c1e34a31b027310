"""A result among the other layers: what it covers, what it would add up with, and the masks over it."""

import numpy as np
import pytest


@pytest.fixture
def channels(viewer, image):
    """As napari opens a file of several channels: layers that add up."""
    return viewer.add_image(np.stack([image, image // 2]), channel_axis=0, name=["GFP", "mCherry"])


@pytest.mark.parametrize("which", [0, 1])
def test_of_channels_that_add_up_the_source_is_hidden_and_the_result_lies_right_above_it(
    viewer, panel, channels, run_to_end, which
):
    source, other = channels[which], channels[1 - which]
    panel.problem.image.value = source
    run_to_end(panel)
    result = viewer.layers[f"{source.name} · denoised"]
    assert viewer.layers.index(result) == viewer.layers.index(source) + 1
    covered = which == 0  # napari lets the lowest channel cover what is below it
    assert (source.visible, result.visible, other.visible) == (covered, True, True)
    run_to_end(panel)
    newest = viewer.layers[f"{source.name} · denoised [1]"]
    assert (source.visible, result.visible, newest.visible) == (covered, covered, True), "nor do two results add up"
    assert viewer.layers.index(newest) == viewer.layers.index(result) + 1
    viewer.layers.remove(newest)
    assert result.visible, "what was hidden for it is seen again"


def test_a_try_on_a_channel_covers_its_part_of_it(viewer, panel, channels, qtbot):
    panel.problem.image.value = channels[1]
    panel.buttons.try_view.click()
    assert channels[1].visible, "around the try it is still to be seen"
    qtbot.waitUntil(lambda: viewer.layers["mCherry · denoised · try · balanced"].blending == "opaque")


def test_a_source_that_can_be_seen_through_is_hidden_too(viewer, panel, image, run_to_end):
    """Its noise would show through the result, which is as transparent."""
    source = viewer.add_image(image, name="cells", opacity=0.5)
    run_to_end(panel)
    assert not source.visible
    viewer.layers.remove("cells · denoised")
    assert source.visible


def test_an_opaque_source_stays_as_it_is(viewer, panel, image, run_to_end):
    source, other = viewer.add_image(image, name="cells"), viewer.add_image(image, name="other")
    panel.problem.image.value = source
    run_to_end(panel)
    assert [layer.name for layer in viewer.layers] == ["cells", "cells · denoised", "other"]
    assert source.visible
    assert other.visible


def test_a_mask_lies_over_the_result_hidden_until_it_is_selected_to_be_painted_on(viewer, panel, image, run_to_end):
    viewer.add_image(image, name="cells")
    mask = viewer.add_labels((np.arange(image.size).reshape(image.shape) % 50 == 0).astype(np.uint8), name="holes")
    panel.problem.labels.value = mask
    run_to_end(panel)
    assert [layer.name for layer in viewer.layers] == ["cells", "cells · inpainted", "holes"]
    assert not mask.visible, "it would hide what was filled in"
    viewer.layers.selection.active = mask
    assert mask.visible
