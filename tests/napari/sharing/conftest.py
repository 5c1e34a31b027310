"""A window with the real engine, and images that come from files."""

import numpy as np
import pytest
import tifffile

from napari_deep_prior._napari.widget import DeepPriorWidget

RNG = np.random.default_rng(0)


@pytest.fixture
def real_panel(viewer):
    """With the real engine."""
    widget = DeepPriorWidget(viewer)
    viewer.window.add_dock_widget(widget)
    widget.basic.fill({"preset": "fast", "seconds": "never"})
    widget.advanced.fill({"iterations": 5, "seed": 3})
    return widget


@pytest.fixture
def scene(viewer, real_panel, tmp_path):
    """A noisy picture with a mask, both opened from files whose names need quoting."""
    mask = np.zeros((32, 40), np.uint8)
    mask[8:12, 8:20] = 1
    tifffile.imwrite(tmp_path / "my cells.tif", RNG.poisson(50, (32, 40)).astype(np.uint16))
    tifffile.imwrite(tmp_path / "the 'mask'.tif", mask)
    viewer.open(tmp_path / "my cells.tif", plugin="napari")
    viewer.open(tmp_path / "the 'mask'.tif", plugin="napari", layer_type="labels")
    real_panel.problem.labels.value = viewer.layers[-1]
    real_panel.problem.form.fill({"keep_known": False})
    return tmp_path
