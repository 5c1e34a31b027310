"""Whatever goes wrong in a run of the window: words, no layer of what is no number, nothing that hangs, and the next run is right."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from napari_deep_prior import Deconvolve, Denoise, Inpaint, RemoveArtifacts, Settings, SuperResolve, restore

RNG = np.random.default_rng(0)
IMAGE = RNG.poisson(50, (32, 40)).astype(np.uint16)
FILM = RNG.poisson(50, (3, 32, 40)).astype(np.uint16)
MASK = np.zeros((32, 40), np.uint8)
MASK[5:9, 8:20] = 1
PSF = np.outer([1, 2, 1], [1, 2, 1]).astype(np.float32)
QUICK = Settings(preset="fast", seconds="never", iterations=4, device="cpu", precision="float32")
FAULTS = (
    ("card is full", 0.05),
    ("memory is full", 0.4),
    ("numpy is full", 0.7),
    ("library fails", 0.9),
    ("not a number", 0.3),
)
SMALLER = "memory did not suffice, so that it was drawn in tiles"
RUNS: dict[str, tuple[Any, np.ndarray, dict[str, Any]]] = {
    "denoise": (Denoise, IMAGE, {}),
    "film": (Denoise, FILM, {}),
    "inpaint": (Inpaint, IMAGE, {"mask": MASK}),
    "super-resolve": (SuperResolve, IMAGE, {}),
    "deconvolve": (Deconvolve, IMAGE, {"psf": PSF}),
    "stripes": (RemoveArtifacts, IMAGE, {"artifact": "stripes"}),
}


@pytest.fixture(params=RUNS)
def chosen(request, viewer, quick_panel):
    """In the panel: an image, a task and its layers; and the result that is right."""
    task, image, given = RUNS[request.param]
    source = viewer.add_image(image, name="cells", axis_labels="tyx"[-image.ndim :])
    viewer.dims.set_point(0, 0)  # a stack begins with the plane in view
    quick_panel.problem.task.value = task.command()
    if "mask" in given:
        quick_panel.problem.labels.value = viewer.add_labels(MASK, name="mask")
    psf = {"psf": viewer.add_image(PSF, name="psf")} if "psf" in given else {}
    words = {name: value for name, value in given.items() if isinstance(value, str)}
    quick_panel.problem.form.fill({**psf, **words})
    quick_panel.problem.image.value = source
    return source, restore(image, task(**given), axes="TYX"[-image.ndim :], settings=QUICK).image


def test_the_window_outlives_every_fault(viewer, quick_panel, chosen, run_to_end, operations):
    source, expected = chosen
    before = list(viewer.layers)
    run_to_end(quick_panel, timeout=60000)
    length = operations.done
    np.testing.assert_array_equal(cleared(viewer, before)[-1], expected)
    for fault, share in FAULTS:
        viewer.layers.selection.active = source
        operations.plan(int(share * length), fault)
        run_to_end(quick_panel, timeout=60000)
        assert operations.happened
        words = quick_panel.status.message.text()
        assert words
        assert "unexpected" not in words
        told = str([layer.metadata for layer in viewer.layers if layer not in before])
        results = cleared(viewer, before)
        for reached in results:  # before the fault, where a picture had been shown
            assert np.isfinite(reached).all()
        if "full" in fault and SMALLER in told:  # the run outlived it, and is whole but for rounding
            np.testing.assert_allclose(results[-1], expected, rtol=0, atol=1)
        elif fault != "not a number":
            assert ("memory" if "full" in fault else "CUDNN_STATUS") in words
        operations.rest()
        viewer.layers.selection.active = source
        run_to_end(quick_panel, timeout=60000)
        np.testing.assert_array_equal(cleared(viewer, before)[-1], expected)


def cleared(viewer, before):
    """The results, which are deleted."""
    results = [layer for layer in viewer.layers if layer not in before]
    for layer in results:
        viewer.layers.remove(layer)
    return [layer.data for layer in results]


def test_all_layers_may_be_deleted_under_a_run(viewer, quick_panel, chosen, operations, qtbot):
    """The image, what goes with it, and the picture that is drawn."""
    _, expected = chosen
    quick_panel.buttons.run.click()
    qtbot.waitUntil(lambda: operations.done > 0, timeout=60000)
    viewer.layers.clear()
    qtbot.waitUntil(quick_panel.buttons.run.isEnabled, timeout=60000)
    (result,) = viewer.layers
    np.testing.assert_array_equal(result.data, expected)
