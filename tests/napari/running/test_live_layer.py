"""The live layer: what it shows while a fit runs, and what becomes of it."""

import dask.array as da
import numpy as np
import pytest

from napari_deep_prior._napari.layers.neighbours import Neighbours
from napari_deep_prior._napari.layers.source import Source
from napari_deep_prior._napari.running import live_layer as live
from napari_deep_prior._napari.running.messages import Frame
from napari_deep_prior.core.results import Snapshot


def test_the_live_layer_changes_while_it_runs(viewer, panel, image, qtbot, fake, stopped):
    fake.steps, fake.pause = 4000, 0.01
    viewer.add_image(image, name="cells")
    seen = []
    panel.buttons.run.click()
    qtbot.waitUntil(lambda: len(viewer.layers) == 2)
    live = viewer.layers["cells · denoised"]
    live.events.data.connect(lambda: seen.append(float(live.data[0, 0])))
    qtbot.waitUntil(lambda: len(set(seen)) > 5, timeout=60000)
    stopped(panel)
    assert len(viewer.layers) == 2, "one live layer, made once"
    assert seen == sorted(seen)


def test_a_stack_on_disk_is_not_read_by_drawing_it(viewer, panel, image, qtbot, fake, stopped):
    fake.lingers = 3
    read = []

    def plane(block_info=None):
        read.append(block_info[None]["chunk-location"][0])
        return image[None]

    stack = da.map_blocks(plane, chunks=((1,) * 9, (24,), (32,)), dtype=image.dtype)
    viewer.add_image(stack, name="film", contrast_limits=(0, 200))
    viewer.dims.set_point(0, 0)
    read.clear()
    panel.buttons.run.click()
    qtbot.waitUntil(lambda: "plane 4 of 9" in panel.status.steps.text(), timeout=60000)
    assert (np.asarray(viewer.layers["film · denoised"].data[0]) == image + 8).all()
    assert set(read) <= {0, 1, 2, 3, 4}, "those fitted; napari makes its thumbnail of the middle one"
    stopped(panel)


@pytest.mark.parametrize("shape", [(1, 24, 32), (1, 1, 24, 32)])
@pytest.mark.parametrize("kind", ["large", "small", "dask"])
def test_a_stack_of_one_plane_never_draws_into_the_source(
    viewer, panel, image, qtbot, stopped, fake, monkeypatch, shape, kind
):
    fake.steps, fake.pause = 4000, 0.01
    monkeypatch.setattr(live, "_SMALL", 2**24 if kind == "small" else 0)
    raw = image.astype(np.float32).reshape(shape)
    before = raw.copy()
    layer = viewer.add_image(da.from_array(raw) if kind == "dask" else raw, name="cells")
    drawn = []
    viewer.layers.events.inserted.connect(lambda event: event.value.events.data.connect(lambda: drawn.append(1)))
    panel.buttons.run.click()
    qtbot.waitUntil(lambda: len(drawn) > 2, timeout=60000)  # it is seen getting better
    stopped(panel)
    assert (raw == before).all()
    assert (np.asarray(layer.data) == before).all()
    assert viewer.layers[-1].data.shape == shape
    assert (viewer.layers[-1].data == before + fake.made[0].at).all()


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


def test_a_name_of_one_s_own_stays(viewer, panel, image, running, stopped):
    viewer.layers["cells · denoised"].name = "mine"
    stopped(panel)
    assert [layer.name for layer in viewer.layers] == ["cells", "mine"]


def test_layers_may_be_renamed(viewer, panel, running, stopped):
    live = viewer.layers["cells · denoised"]
    viewer.layers["cells"].name = "other"
    live.name = "mine"
    stopped(panel)
    assert live.data is running.made[0].result.image
    assert len(viewer.layers) == 2


def test_the_source_may_be_deleted(viewer, panel, running, stopped):
    viewer.layers.remove("cells")
    stopped(panel)
    assert viewer.layers["cells · denoised"].data is running.made[0].result.image


def test_a_deleted_live_layer_comes_back_with_the_result(viewer, panel, qtbot, running, stopped):
    viewer.layers.remove("cells · denoised")
    at = running.made[0].at
    qtbot.waitUntil(lambda: running.made[0].at > at + 20, timeout=60000)
    assert len(viewer.layers) == 1, "not forced upon the user before the end"
    stopped(panel)
    assert viewer.layers["cells · denoised"].data is running.made[0].result.image


def test_all_layers_may_be_deleted(viewer, panel, running, stopped):
    viewer.layers.clear()
    stopped(panel)
    assert [layer.name for layer in viewer.layers] == ["cells · denoised"]
