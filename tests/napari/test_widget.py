"""Runs in a real window: layers of all kinds in, a layer with everything carried over out."""

import dask.array as da
import numpy as np
import pytest
import tifffile

from napari_deep_prior._napari.layers.source import CARRIED, KEY, finest
from napari_deep_prior._napari.writers import write_image


def test_a_run_ends_in_a_result_layer(viewer, panel, image, run_to_end, fake):
    viewer.add_image(image, name="cells")
    run_to_end(panel)
    result = viewer.layers["cells · denoised"]
    assert result.data is fake.made[0].result.image
    assert result.metadata[KEY]["layers"] == {"image": "cells"}
    assert result.metadata[KEY]["axes"] == "YX"
    assert "Ended: the given number of iterations" in panel.status.message.text()
    assert "iteration 8 of 8" in panel.status.message.text()


def test_the_work_is_done_in_another_thread(viewer, panel, image, run_to_end, fake):
    import threading

    viewer.add_image(image)
    run_to_end(panel)
    assert fake.made[0].thread != threading.main_thread().name


def test_the_result_carries_everything_over(viewer, panel, image, run_to_end):
    source = viewer.add_image(
        image, name="cells", scale=(0.2, 0.3), translate=(5, 7), rotate=30, shear=[0.1], units=("um", "um"),
        affine=[[1, 0.2, 3], [0, 1, 4], [0, 0, 1]], axis_labels=("y", "x"), colormap="magma", contrast_limits=(10, 150),
        gamma=0.7, interpolation2d="linear", blending="additive", opacity=0.6, metadata={"stain": "DAPI"},
    )  # fmt: skip
    run_to_end(panel)
    result = viewer.layers[-1]
    for name in CARRIED:
        mine, theirs = getattr(result, name), getattr(source, name)
        if name == "affine":
            mine, theirs = mine.affine_matrix, theirs.affine_matrix
        if name == "colormap":
            mine, theirs = mine.name, theirs.name
        assert np.all(np.asarray(mine) == np.asarray(theirs)), name
    assert result.metadata["stain"] == "DAPI"
    assert KEY not in source.metadata
    point = (3.0, 4.0)
    assert np.allclose(result.data_to_world(point), source.data_to_world(point))
    assert viewer.dims.units == source.units


def test_invented_pixels_are_marked(viewer, panel, image, run_to_end):
    viewer.add_image(image, name="cells")
    mask = np.zeros(image.shape, np.uint8)
    mask[:6] = 1
    panel.problem.labels.value = viewer.add_labels(mask, name="gap")
    run_to_end(panel)
    record = viewer.layers["cells · inpainted"].metadata[KEY]
    assert record["invented"] == 0.25
    assert record["layers"] == {"image": "cells", "mask": "gap"}
    assert "25 % of the pixels are invented" in panel.status.message.text()


@pytest.mark.parametrize("kind", ["dask", "zarr", "multiscale"])
def test_lazy_and_multiscale_layers(viewer, panel, image, run_to_end, kind):
    if kind == "zarr":
        zarr = pytest.importorskip("zarr")
        viewer.add_image(zarr.array(image), name="cells")
    elif kind == "dask":
        viewer.add_image(da.from_array(image, chunks=8), name="cells")
    else:
        viewer.add_image([image, image[::2, ::2]], multiscale=True, name="cells")
    run_to_end(panel)
    result = viewer.layers[-1]
    assert (finest(result) == image + 8).all()
    assert result.multiscale == (kind == "multiscale"), "what goes in with levels comes out with as many"
    if result.multiscale:
        assert (result.data[1] == (image + 8)[::2, ::2]).all()


@pytest.mark.parametrize("on_disk", [False, True])
def test_a_stack_of_levels_is_drawn_into_plane_by_plane(viewer, panel, image, qtbot, fake, tmp_path, on_disk):
    fake.lingers = 1
    levels = [np.stack([image, image // 2, image // 3]), np.stack([image, image // 2, image // 3])[:, ::2, ::2]]
    shown = [da.from_array(level, chunks=(1, 16, 16)) for level in levels] if on_disk else levels
    viewer.add_image(shown, multiscale=True, name="film", axis_labels=("t", "y", "x"))
    viewer.dims.set_point(0, 0)
    panel.buttons.run.click()
    qtbot.waitUntil(lambda: "plane 2 of 3" in panel.status.steps.text(), timeout=60000)
    live = viewer.layers["film · denoised"]
    assert [level.shape for level in live.data] == [level.shape for level in levels], "as many levels as the source"
    assert (live.data[1][0] == levels[1][0] + 8).all()
    assert (live.data[1][2] == levels[1][2]).all(), "not reached yet"
    fake.made[0].go.set()
    qtbot.waitUntil(lambda: panel.buttons.run.isEnabled(), timeout=60000)
    (path,) = write_image(str(tmp_path / "film.ome.tif"), *live.as_layer_data_tuple()[:2])
    np.testing.assert_array_equal(tifffile.imread(path), finest(live))
    assert (finest(live)[::2] == levels[0][::2] + 8).all()  # that in between has taken steps while we looked


def test_a_stack_is_restored_plane_by_plane(viewer, panel, image, run_to_end, qtbot, fake):
    fake.lingers = 1
    stack = np.stack([image, image // 2, image // 3])
    viewer.add_image(stack, name="film", axis_labels=("t", "y", "x"), scale=(2, 1, 1))
    viewer.dims.set_point(0, 0)
    panel.buttons.run.click()
    qtbot.waitUntil(lambda: "plane 2 of 3" in panel.status.steps.text(), timeout=60000)
    live = viewer.layers["film · denoised"]
    assert (live.data[0] == stack[0] + 8).all()
    assert (live.data[2] == stack[2]).all(), "not reached yet"
    fake.made[0].go.set()
    qtbot.waitUntil(lambda: panel.buttons.run.isEnabled(), timeout=60000)
    assert (live.data[[0, 2]] == stack[[0, 2]] + 8).all()
    assert live.axis_labels == ("t", "y", "x")
    assert fake.made[0].letters == "TYX"


def test_it_fits_a_small_screen(panel):
    assert panel.minimumSizeHint().height() < 400
    assert panel.minimumSizeHint().width() < 420


def test_everything_is_within_reach_of_the_keyboard_and_has_a_tooltip(panel, qtbot):
    from qtpy.QtWidgets import QAbstractSpinBox, QComboBox, QPushButton, QToolButton

    for kind in (QAbstractSpinBox, QComboBox, QPushButton, QToolButton):
        for widget in panel.findChildren(kind):
            if widget.objectName().startswith("qt_"):
                continue
            assert widget.toolTip(), (widget, widget.accessibleName())
            assert widget.accessibleName() or widget.text()
