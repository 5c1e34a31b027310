"""Runs in a real window: layers of all kinds in, a layer with everything carried over out."""

import dask.array as da
import numpy as np
import pytest
from qtpy.QtWidgets import QApplication

from napari.layers import Image
from napari_deep_prior._napari.form.field import NUMBER
from napari_deep_prior._napari.layers.neighbours import Neighbours
from napari_deep_prior._napari.layers.source import CARRIED, KEY, Source
from napari_deep_prior._napari.running import live_layer as live
from napari_deep_prior._napari.running.messages import Frame
from napari_deep_prior.core.results import Snapshot
from napari_deep_prior.core.tasks import TASKS

TITLES = {name: task.title for name, task in TASKS.items()}
WITHOUT, WITH, *_ = TITLES


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


def test_the_live_layer_changes_while_it_runs(viewer, panel, image, qtbot, fake):
    fake.steps, fake.pause = 40, 0.02
    viewer.add_image(image, name="cells")
    seen = []
    panel.buttons.run.click()
    qtbot.waitUntil(lambda: len(viewer.layers) == 2)
    live = viewer.layers["cells · denoised"]
    live.events.data.connect(lambda: seen.append(float(live.data[0, 0])))
    qtbot.waitUntil(lambda: panel.buttons.run.isEnabled(), timeout=20000)
    assert len(viewer.layers) == 2, "one live layer, made once"
    assert len(set(seen)) > 5
    assert seen == sorted(seen)


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


def test_a_mask_picks_its_task_and_none_gives_it_back(viewer, panel, image):
    viewer.add_image(image)
    assert panel.problem.task.value == WITHOUT
    labels = viewer.add_labels((image > 150).astype(np.uint8))
    panel.problem.labels.value = labels
    assert panel.problem.task.value == WITH
    panel.problem.labels.value = None
    assert panel.problem.task.value == WITHOUT
    panel.problem.task.value = WITH
    assert panel.problem.labels.value == labels, "the only one there is"
    panel.problem.task.value = WITHOUT
    assert panel.problem.labels.value is None


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


def test_a_mask_in_other_pixels_is_matched(viewer, panel, image, run_to_end, fake):
    viewer.add_image(image, name="cells", scale=(0.5, 0.5))
    mask = np.zeros((6, 16), np.uint8)
    mask[2:4, 4:8] = 1
    panel.problem.labels.value = viewer.add_labels(mask, scale=(1, 1), translate=(0.25, 0.25))
    run_to_end(panel)
    found = next(iter(fake.made[0].task.companions().values()))
    assert found.shape == image.shape
    assert found[4:8, 8:16].all()
    assert found.sum() == 4 * 8
    assert "covers 50 % of the image" in panel.status.message.text()


def test_a_mask_elsewhere_is_refused_and_run_is_ready_again(viewer, panel, image, run_to_end):
    viewer.add_image(image, name="cells")
    panel.problem.labels.value = viewer.add_labels(np.ones((4, 4), np.uint8), translate=(500, 0))
    run_to_end(panel)
    assert "does not overlap 'cells'" in panel.status.message.text()
    assert len(viewer.layers) == 2
    assert panel.buttons.run.isEnabled()


def test_a_task_without_its_mask_is_refused(viewer, panel, image):
    viewer.add_image(image)
    panel.problem.task.value = WITH
    panel.buttons.run.click()
    assert "needs a layer as mask" in panel.status.message.text()


def test_no_image_is_refused(panel):
    panel.buttons.run.click()
    assert "no image yet" in panel.status.message.text()


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
    assert (viewer.layers[-1].data == image + 8).all()


def test_colour_integers_stay_integers(viewer, panel, run_to_end):
    photo = np.random.default_rng(0).integers(0, 256, (24, 32, 3)).astype(np.uint8)
    viewer.add_image(photo, name="photo", rgb=True)
    run_to_end(panel)
    result = viewer.layers[-1]
    assert result.rgb
    assert result.data.dtype == np.uint8
    assert (result.data == np.clip(photo.astype(int) + 8, 0, 255)).all()


def test_the_input_s_type_on_wish(viewer, panel, image, run_to_end):
    viewer.add_image(image)
    panel.output.fill({"dtype": "input"})
    run_to_end(panel)
    assert viewer.layers[-1].data.dtype == image.dtype


def test_a_stack_is_restored_plane_by_plane(viewer, panel, image, run_to_end, qtbot, fake):
    fake.pause = 0.03
    stack = np.stack([image, image // 2, image // 3])
    viewer.add_image(stack, name="film", axis_labels=("t", "y", "x"), scale=(2, 1, 1))
    panel.buttons.run.click()
    qtbot.waitUntil(lambda: "Plane 2 of 3" in panel.status.steps.text(), timeout=20000)
    live = viewer.layers["film · denoised"]
    assert (live.data[0] == stack[0] + 8).all()
    assert (live.data[2] == stack[2]).all(), "not reached yet"
    qtbot.waitUntil(lambda: panel.buttons.run.isEnabled(), timeout=20000)
    assert (live.data == stack + 8).all()
    assert live.axis_labels == ("t", "y", "x")
    assert fake.made[0].letters == "TYX"


def test_a_stack_on_disk_is_not_read_by_drawing_it(viewer, panel, image, qtbot, fake):
    fake.pause = 0.03
    read = []

    def plane(block_info=None):
        read.append(block_info[None]["chunk-location"][0])
        return image[None]

    stack = da.map_blocks(plane, chunks=((1,) * 9, (24,), (32,)), dtype=image.dtype)
    viewer.add_image(stack, name="film", contrast_limits=(0, 200))
    viewer.dims.set_point(0, 0)
    read.clear()
    panel.buttons.run.click()
    qtbot.waitUntil(lambda: "Plane 4 of 9" in panel.status.steps.text(), timeout=20000)
    assert (np.asarray(viewer.layers["film · denoised"].data[0]) == image + 8).all()
    assert set(read) <= {0, 1, 2, 3, 4}, "those fitted; napari makes its thumbnail of the middle one"
    panel.buttons.stop.click()
    qtbot.waitUntil(lambda: panel.buttons.run.isEnabled(), timeout=20000)


@pytest.mark.parametrize("shape", [(1, 24, 32), (1, 1, 24, 32)])
@pytest.mark.parametrize("kind", ["large", "small", "dask"])
def test_a_stack_of_one_plane_never_draws_into_the_source(
    viewer, panel, image, run_to_end, fake, monkeypatch, shape, kind
):
    fake.pause = 0.03
    monkeypatch.setattr(live, "_SMALL", 2**24 if kind == "small" else 0)
    raw = image.astype(np.float32).reshape(shape)
    before = raw.copy()
    layer = viewer.add_image(da.from_array(raw) if kind == "dask" else raw, name="cells")
    drawn = []
    viewer.layers.events.inserted.connect(lambda event: event.value.events.data.connect(lambda: drawn.append(1)))
    run_to_end(panel)
    assert len(drawn) > 2, "it is seen getting better"
    assert (raw == before).all()
    assert (np.asarray(layer.data) == before).all()
    assert viewer.layers[-1].data.shape == shape
    assert (viewer.layers[-1].data == before + 8).all()


def test_a_frame_is_never_written_into_the_source(viewer, image, monkeypatch):
    monkeypatch.setattr(live, "_SMALL", 0)
    stack = np.stack([image, image]).astype(np.float32)
    before = stack.copy()
    source = viewer.add_image(stack)
    shown = live.LiveLayer(viewer, Source.of(source), "live", stack.dtype, Neighbours(viewer, source))
    snapshot = Snapshot(
        plane=0, planes=2, index=(0,), iteration=1, iterations_left=1, seconds=1, loss=1, held_out=None, image=None
    )
    shown.show(Frame(snapshot=snapshot, planes=(((0,), np.zeros_like(stack[0])),)))
    assert (stack == before).all()


def test_the_form_s_settings_reach_the_fit(viewer, panel, image, run_to_end, fake):
    viewer.add_image(image)
    panel.basic.fill({"preset": "fast", "seconds": 3.0})
    panel.advanced.fill({"seed": 7, "iterations": 11})
    run_to_end(panel)
    settings = fake.made[0].settings.as_dict()
    assert (settings["preset"], settings["seconds"], settings["seed"], settings["iterations"]) == ("fast", 3.0, 7, 11)


def test_the_device_line_says_what_and_why(panel):
    assert panel.device.text().startswith("Computes on ")
    panel.advanced.fill({"device": "cpu"})
    assert "you chose it" in panel.device.text()
    assert "cores" in panel.device.toolTip()


def test_advanced_is_closed_at_first(panel, qtbot):
    panel.show()
    assert not panel.advanced.isVisible()
    panel.form.section.button.click()
    assert panel.advanced.isVisibleTo(panel)


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


def test_layers_come_go_and_are_renamed(viewer, panel, image):
    layer = viewer.add_image(image, name="a")
    viewer.add_image(image, name="b")
    layer.name = "c"
    QApplication.processEvents()
    assert [choice.name for choice in panel.problem.image.choices] == ["b", "c"]
    combo = panel.problem.image.native
    assert [combo.itemText(i) for i in range(combo.count())] == ["b", "c"]
    viewer.layers.remove(layer)
    assert [choice.name for choice in panel.problem.image.choices] == ["b"]


def test_numbers_need_no_words(panel):
    assert NUMBER not in panel.basic.values().values()
    assert isinstance(Image(np.zeros((3, 3))), Image)
