"""Whatever goes wrong in a run of the window: words, no layer of what is no number, nothing that hangs, and the next run is right."""

from __future__ import annotations

import numpy as np
import pytest

from napari_deep_prior import Settings, restore

RNG = np.random.default_rng(0)
IMAGE = RNG.poisson(50, (32, 40)).astype(np.uint16)
FILM = RNG.poisson(50, (3, 32, 40)).astype(np.uint16)
FAULTS = (
    ("card is full", 0.05),
    ("memory is full", 0.4),
    ("numpy is full", 0.7),
    ("library fails", 0.9),
    ("not a number", 0.3),
)


@pytest.mark.parametrize("image", [IMAGE, FILM], ids=["image", "film"])
def test_the_window_outlives_every_fault(viewer, quick_panel, run_to_end, operations, image):
    viewer.add_image(image, name="cells", axis_labels="tyx"[-image.ndim :])
    viewer.dims.set_point(0, 0)  # a stack begins with the plane in view
    run_to_end(quick_panel, timeout=60000)
    length = operations.done
    expected = restore(
        image, axes="TYX"[-image.ndim :],
        settings=Settings(preset="fast", seconds="never", iterations=4, device="cpu", precision="float32"),
    ).image  # fmt: skip
    np.testing.assert_array_equal(viewer.layers[-1].data, expected)
    for fault, share in FAULTS:
        for layer in list(viewer.layers)[1:]:
            viewer.layers.remove(layer)
        operations.plan(int(share * length), fault)
        run_to_end(quick_panel, timeout=60000)
        assert operations.happened
        words = quick_panel.status.message.text()
        assert words
        assert "unexpected" not in words
        for layer in list(viewer.layers)[1:]:
            assert np.isfinite(layer.data).all()
        if fault != "not a number":
            assert ("memory" if "full" in fault else "CUDNN_STATUS") in words
        operations.rest()
        for layer in list(viewer.layers)[1:]:  # what was reached before the fault, where a picture had been shown
            viewer.layers.remove(layer)
        viewer.layers.selection.active = viewer.layers["cells"]
        run_to_end(quick_panel, timeout=60000)
        np.testing.assert_array_equal(viewer.layers[-1].data, expected)
