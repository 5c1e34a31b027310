"""A result with finer pixels lies exactly over its source, however that is scaled, turned, sheared and stacked."""

import numpy as np
import pytest
from napari.utils.transforms import Affine

from napari_deep_prior import SuperResolve
from napari_deep_prior._napari.widget import DeepPriorWidget

RNG = np.random.default_rng(0)
TURNED = Affine(rotate=20, translate=(3, -7), scale=(1.5, 1)).affine_matrix
CASES = {
    "plain": (RNG.uniform(1, 2, (16, 21)), {}),
    "turned": (
        RNG.uniform(1, 2, (16, 21)),
        {"scale": (0.2, 0.1), "translate": (5, -3), "rotate": 30, "shear": [0.4], "affine": TURNED},
    ),
    "stack": (RNG.uniform(1, 2, (2, 16, 21)), {"scale": (3, 0.2, 0.1), "translate": (1, 5, -3)}),
    "colour": (RNG.integers(0, 255, (16, 21, 3)).astype(np.uint8), {"rgb": True, "scale": (2, 3)}),
}


@pytest.mark.parametrize("name", CASES)
def test_its_corners_are_those_of_its_source(viewer, run_to_end, name):
    data, look = CASES[name]
    source = viewer.add_image(data, name="source", **look)
    panel = DeepPriorWidget(viewer)
    viewer.window.add_dock_widget(panel)
    panel.basic.fill({"preset": "fast", "seconds": "never"})
    panel.advanced.fill({"iterations": 2})
    panel.problem.task.value = SuperResolve.command()
    panel.problem.form.fill({"factor": 3, "factor_y": 2})
    run_to_end(panel, timeout=60000)
    result = viewer.layers[-1]
    assert result is not source
    factors = np.array([1] * (source.ndim - 2) + [2, 3])
    sizes = np.array(data.shape[: source.ndim])
    assert result.data.shape[: source.ndim] == tuple(sizes * factors)
    for corner in (np.zeros(source.ndim), sizes, sizes * np.arange(source.ndim)):
        ours, theirs = (
            layer.data_to_world(at) for layer, at in ((source, corner - 0.5), (result, corner * factors - 0.5))
        )
        np.testing.assert_allclose(theirs, ours, atol=1e-6)
