"""What a run makes lies exactly over its source: every task, on every kind of layer, however that is scaled, turned and
sheared."""

from __future__ import annotations

import itertools

import dask.array as da
import numpy as np
import pytest
from napari.utils.transforms import Affine

from napari_deep_prior._napari.layers.source import finest
from napari_deep_prior._napari.widget import DeepPriorWidget
from napari_deep_prior.core.tasks import TASKS

RNG = np.random.default_rng(0)
PLANE = RNG.uniform(1, 2, (16, 21))
PAIR = np.stack([PLANE, PLANE + 1])
TURNED = {"scale": (0.2, 0.1), "translate": (5, -3), "rotate": 30, "shear": [0.4], "units": ("um", "um")}
TILTED = {
    "scale": (3, 0.2, 0.1),
    "translate": (1, 5, -3),
    "rotate": (30, 20, 10),
    "shear": (0.1, 0.2, 0.3),
}
OUTER = Affine(rotate=20, translate=(3, -7), scale=(1.5, 1)).affine_matrix
KINDS = {
    "plane": (PLANE, {}),
    "turned": (PLANE, TURNED | {"affine": OUTER, "axis_labels": ("y", "x")}),
    "colour": ((PAIR[0, ..., None] * (60, 80, 100)).astype(np.uint8), TURNED | {"rgb": True}),
    "channels": (PAIR, TILTED | {"axis_labels": ("c", "y", "x"), "units": ("pixel", "um", "um")}),
    "channels last": (
        np.moveaxis(PAIR, 0, -1),
        {"rgb": False, "scale": (2, 3, 1), "translate": (4, 5, 6), "axis_labels": ("y", "x", "c")},
    ),
    "volume": (PAIR, TILTED | {"axis_labels": ("z", "y", "x"), "units": ("um", "um", "um")}),
    "time": (PAIR, TILTED | {"axis_labels": ("t", "y", "x"), "units": ("s", "um", "um")}),
    "time and channels": (np.stack([PAIR, PAIR]), {"scale": (2, 1, 0.5, 0.4), "axis_labels": ("t", "c", "y", "x")}),
    "multiscale": ([np.tile(PLANE, (4, 4)), np.tile(PLANE, (4, 4))[::2, ::2]], TURNED | {"multiscale": True}),
    "dask": (da.from_array(PAIR, chunks=(1, 16, 21)), TILTED | {"axis_labels": ("t", "y", "x")}),
}


@pytest.fixture
def panel(viewer):
    panel = DeepPriorWidget(viewer)
    viewer.window.add_dock_widget(panel)
    panel.basic.fill({"preset": "fast", "seconds": "never"})
    panel.advanced.fill({"iterations": 2})
    return panel


def given(viewer, panel, name, source):
    """What a task needs: a mask painted over the image, the image of a point, factors that differ."""
    panel.problem.task.value = name
    if name == "inpaint":
        panel.masks.new.click()
        holes = viewer.layers[-1].data
        holes[(slice(None),) * (holes.ndim - 3) + (slice(0, 8), slice(0, 9))] = 1
    if name == "deconvolve":
        point = viewer.add_image(np.outer([1, 2, 1], [1, 3, 1]), name="point", units=source.units[-2:])
        viewer.layers.selection.active = source  # the chooser follows what is selected
        panel.problem.form.fill({"psf": point})
    if name == "super-resolve":
        panel.problem.form.fill({"factor": 3, "factor_y": 2})


def corners(layer):
    """Where the outer corners of its first and last pixels lie in the world."""
    sizes = np.array(finest(layer).shape[: layer.ndim])
    return np.array(
        [layer.data_to_world(np.array(c) * sizes - 0.5) for c in itertools.product((0, 1), repeat=layer.ndim)]
    )


@pytest.mark.parametrize("kind", KINDS)
def test_it_lies_over_its_source(viewer, panel, run_to_end, kind):
    data, look = KINDS[kind]
    source = viewer.add_image(data, name="source", **look)
    where, units = corners(source), source.units
    for name in TASKS:
        panel.problem.image.value = source
        given(viewer, panel, name, source)
        run_to_end(panel, timeout=120000)
        result = panel.sections["Trust"].run.live.layer
        assert panel.sections["Trust"].run.outcome is not None, (name, panel.status.message.text())
        for box in panel.sections["Trust"].boxes.values():
            box.setChecked(True)
        made = [result, *panel.sections["Trust"]._overlays._layers.values()]
        assert len(made) == 5
        for layer in made:
            np.testing.assert_allclose(corners(layer), where, atol=1e-5, err_msg=f"{name}: {layer.name}")
            assert (layer.units, layer.axis_labels) == (units, source.axis_labels), (name, layer.name)
        grew = np.array(result.data.shape[: source.ndim]) / finest(source).shape[: source.ndim]
        assert grew.prod() == (6 if name == "super-resolve" else 1)
        assert viewer.dims.units == units, "one layer without them would take them from all"
