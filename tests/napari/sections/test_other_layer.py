"""What a result is compared with: its source, another result, or a reference."""

from __future__ import annotations

import numpy as np
import pytest

from napari_deep_prior._napari.layers.source import BY_PRODUCT
from napari_deep_prior._napari.sections.other_layer import SOURCE, OtherLayer


def listed(chooser):
    return [chooser.itemText(number) for number in range(chooser.count())]


def test_images_of_the_same_size_are_offered(viewer, image, qtbot):
    result = viewer.add_image(image, name="result")
    source = viewer.add_image(image, name="source")
    truth = viewer.add_image(image, name="truth")
    viewer.add_image(image[:5], name="smaller")
    viewer.add_labels(image.astype(int), name="labels")
    viewer.add_image(image, name="residual", metadata={BY_PRODUCT: "residual"})
    viewer.add_image(np.stack([image] * 3, -1).astype(np.uint8), name="colours", rgb=True)
    chooser = OtherLayer(viewer)
    qtbot.addWidget(chooser)
    assert listed(chooser) == [SOURCE]
    chooser.offer(result, source)
    assert listed(chooser) == [SOURCE, "truth"]
    assert chooser.layer is None
    chooser.setCurrentIndex(1)
    assert chooser.layer == truth
    truth.name = "the truth"
    chooser.offer(result, source)
    assert chooser.layer == truth
    assert chooser.currentText() == "the truth"
    with qtbot.waitSignal(chooser.currentIndexChanged):
        viewer.layers.remove(truth)
        chooser.offer(result, source)
    assert chooser.layer is None


@pytest.fixture
def twice(viewer, panel, image, run_to_end):
    """Two results of one image, and what is known to be right."""
    viewer.add_image(image, name="cells")
    run_to_end(panel)
    run_to_end(panel)
    viewer.add_image(image + 1.0, name="truth")
    viewer.layers.selection.active = viewer.layers["cells · denoised [1]"]
    return panel.sections["Compare"]


def choose(compare, name):
    compare.against.setCurrentIndex(listed(compare.against).index(name))


def seen(viewer):
    return {layer.name for layer in viewer.layers if layer.visible}


def test_two_results_are_compared_with_each_other(viewer, twice):
    choose(twice, "cells · denoised")
    former = seen(viewer)
    twice.hold.pressed.emit()
    assert seen(viewer) == {"cells · denoised"}
    twice.hold.released.emit()
    assert seen(viewer) == former
    choose(twice, SOURCE)
    twice.hold.pressed.emit()
    assert seen(viewer) == {"cells"}
    twice.hold.released.emit()


def test_against_a_reference_there_are_numbers_and_against_the_source_none(shown, image, run_to_end, qtbot):
    viewer, panel = shown
    viewer.add_image(image, name="cells")
    run_to_end(panel)
    viewer.add_image(viewer.layers["cells · denoised"].data + 2, name="truth")
    compare = panel.sections["Compare"]
    panel.sections.folds["Compare"].button.setChecked(True)
    choose(compare, "truth")
    expected = f"PSNR {20 * np.log10(np.ptp(viewer.layers['truth'].data) / 2):.2f} dB"
    qtbot.waitUntil(lambda: expected in compare.numbers.text(), timeout=60000)
    assert compare.numbers.isVisible()
    choose(compare, SOURCE)
    qtbot.waitUntil(lambda: not compare.numbers.isVisible(), timeout=60000)


def test_without_its_source_a_result_is_compared_with_others_still(viewer, twice):
    viewer.layers.remove(viewer.layers["cells"])
    viewer.layers.selection.active = viewer.layers["cells · denoised"]
    assert not twice.hold.isEnabled()
    choose(twice, "truth")
    assert twice.hold.isEnabled()
    twice.hold.pressed.emit()
    assert seen(viewer) == {"truth"}
    twice.hold.released.emit()
