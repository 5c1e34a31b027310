"""The names of all layers that a run leaves in the window. They are what a user's own scripts look for."""

from __future__ import annotations

import numpy as np
import pytest

RNG = np.random.default_rng(0)


@pytest.fixture
def panel(viewer):
    from napari_deep_prior._napari.widget import DeepPriorWidget

    widget = DeepPriorWidget(viewer)
    viewer.window.add_dock_widget(widget)
    widget.basic.fill({"preset": "fast", "seconds": "never"})
    widget.advanced.fill({"iterations": 3})
    return widget


@pytest.mark.parametrize(
    ("task", "names"),
    [
        ("denoise", ["cells", "cells · denoised"]),
        ("inpaint", ["cells", "cells · inpainted", "spots"]),
        ("remove-artifacts", ["cells", "cells · artifacts removed"]),
    ],
)
def test_names_of_layers(viewer, panel, run_to_end, task, names):
    viewer.add_image(RNG.poisson(50, (24, 32)).astype(np.uint16), name="cells")
    panel.problem.task.value = task
    if task == "inpaint":
        mask = np.zeros((24, 32), np.uint8)
        mask[8:12, 10:20] = 1
        panel.problem.labels.value = viewer.add_labels(mask, name="spots")
    run_to_end(panel, timeout=60000)
    assert [layer.name for layer in viewer.layers] == names
