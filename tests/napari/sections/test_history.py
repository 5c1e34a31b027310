"""Earlier snapshots of a run: looked at, kept, gone on from."""

from __future__ import annotations

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest

from napari_deep_prior._napari.layers.source import KEY
from napari_deep_prior.core.results import Record
from napari_deep_prior.core.run.reproduce import replay


def seen(layer) -> float:
    return float(np.asarray(layer.data).flat[0])


def test_looking_back_shows_what_was_and_the_present_comes_back(viewer, panel, image, qtbot, fake):
    fake.steps, fake.pause = 60, 0.02
    viewer.add_image(image)
    history = panel.sections["History"]
    panel.buttons.run.click()
    qtbot.waitUntil(lambda: history.slider.maximum() >= 5, timeout=60000)
    live = viewer.layers[-1]
    history.slider.setValue(2)
    assert (live.data == image + 3).all()
    assert "Step 3" in history.where.text()
    qtbot.waitUntil(lambda: history.slider.maximum() >= 9, timeout=60000)
    assert (live.data == image + 3).all(), "the run goes on, the view stays"
    history.slider.setValue(history.slider.maximum())
    qtbot.waitUntil(lambda: seen(live) > image[0, 0] + 9, timeout=60000)
    history.slider.setValue(1)
    qtbot.waitUntil(lambda: panel.buttons.run.isEnabled(), timeout=60000)
    assert (live.data == image + 60).all(), "the end shows the result"
    assert history.snapshot is None


@pytest.mark.parametrize("running", [True, False])
def test_an_earlier_moment_is_kept_as_the_result(viewer, panel, image, qtbot, fake, running):
    fake.steps, fake.pause = (500, 0.02) if running else (8, 0.01)
    viewer.add_image(image)
    history = panel.sections["History"]
    panel.buttons.run.click()
    qtbot.waitUntil(lambda: history.slider.maximum() >= 6, timeout=60000)
    if not running:
        qtbot.waitUntil(lambda: panel.buttons.run.isEnabled(), timeout=60000)
    history.slider.setValue(3)
    assert history.keep.isEnabled()
    history.keep.click()
    qtbot.waitUntil(lambda: panel.buttons.run.isEnabled(), timeout=60000)
    live = viewer.layers[-1]
    assert (live.data == image + 4).all()
    assert live.metadata[KEY]["planes"][0]["chosen"] == 4
    assert "Kept: iteration 4" in panel.status.message.text()
    history.slider.setValue(0)
    history.steps.setValue(10)
    fake.made[0].budget = fake.made[0].at
    history.go_on.click()
    qtbot.waitUntil(lambda: panel.buttons.run.isEnabled(), timeout=60000)
    assert fake.made[0].went_back == 1
    assert [layer.name for layer in viewer.layers] == ["image", "image · denoised · step 4", "image · denoised"]


def test_a_stack_is_looked_back_on_plane_by_plane(viewer, panel, run_to_end):
    stack = np.arange(3 * 8 * 9, dtype=np.uint16).reshape(3, 8, 9)
    viewer.add_image(stack)
    viewer.dims.set_point(0, 0)
    run_to_end(panel)
    history, live = panel.sections["History"], viewer.layers[-1]
    result = np.array(live.data)
    history.slider.setValue(8 + 2)
    assert "plane 2" in history.where.text()
    assert (np.asarray(live.data)[1] == stack[1] + 3).all()
    assert (np.asarray(live.data)[[0, 2]] == result[[0, 2]]).all()
    history.slider.setValue(history.slider.maximum())
    assert (live.data == result).all()


def test_a_moment_kept_in_the_midst_of_a_real_run_replays_to_the_same_bits(make_napari_viewer_proxy, qtbot):
    from napari_deep_prior._napari.widget import DeepPriorWidget

    viewer = make_napari_viewer_proxy()
    panel = DeepPriorWidget(viewer)
    viewer.window.add_dock_widget(panel)
    panel.basic.fill({"preset": "fast", "seconds": "never"})
    panel.advanced.fill({"iterations": 5000, "stopping": "never"})
    noisy = np.random.default_rng(0).poisson(50, (32, 40)).astype(np.uint16)
    viewer.add_image(noisy)
    history = panel.sections["History"]
    panel.buttons.run.click()
    qtbot.waitUntil(lambda: history.slider.maximum() >= 4, timeout=60000)
    history.slider.setValue(1)
    shown = np.array(viewer.layers[-1].data)
    history.keep.click()
    qtbot.waitUntil(lambda: panel.buttons.run.isEnabled(), timeout=60000)
    live = viewer.layers[-1]
    assert (live.data == shown).all()
    told = {key: value for key, value in live.metadata[KEY].items() if key not in ("layers", "output")}
    assert (replay(noisy, Record.from_dict(told)).image == shown).all()


def steps(layer):
    return [plane["iterations"] for plane in layer.metadata[KEY]["planes"]]


def real_panel(viewer):
    """With the real engine, quick."""
    from napari_deep_prior._napari.widget import DeepPriorWidget

    panel = DeepPriorWidget(viewer)
    viewer.window.add_dock_widget(panel)
    panel.basic.fill({"preset": "fast", "seconds": "never"})
    return panel


def test_going_on_starts_at_the_step_shown_and_keeps_what_was_there(viewer, qtbot, run_to_end):
    panel = real_panel(viewer)
    panel.advanced.fill({"iterations": 70, "stopping": "never"})
    viewer.add_image(np.random.default_rng(0).poisson(50, (32, 40)).astype(np.uint16), name="cells")
    run_to_end(panel, timeout=60000)
    live, history = viewer.layers["cells · denoised"], panel.sections["History"]
    before = np.array(live.data)
    shown = next(i for i, s in enumerate(history.snapshots) if 0 < s.iteration < 70)
    step = history.snapshots[shown].iteration
    history.slider.setValue(shown)
    history.steps.setValue(10)
    QTest.mouseClick(history.go_on, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: panel.buttons.run.isEnabled(), timeout=60000)
    assert steps(live) == [step + 10]
    kept = viewer.layers["cells · denoised · step 70"]
    assert (kept.data == before).all()
    assert steps(kept) == [70]
    assert not kept.visible


def test_the_viewer_shows_the_plane_that_history_speaks_of_and_only_the_last_one_goes_on(
    viewer, panel, image, run_to_end, qtbot
):
    viewer.add_image(np.stack([image] * 3), name="film", axis_labels=("t", "y", "x"), scale=(2, 1, 1))
    viewer.dims.set_point(0, 0)
    run_to_end(panel)
    history, live = panel.sections["History"], viewer.layers["film · denoised"]
    viewer.dims.set_current_step(0, 2)
    history.slider.setValue(3)
    assert "plane 1 of 3" in history.where.text()
    assert viewer.dims.current_step[0] == 0
    assert (live.data[0] == image + 4).all()
    assert not history.go_on.isEnabled()
    assert "only plane 3, the last one fitted, can be gone on with" in history.where.text()
    history.slider.setValue(history.slider.maximum() - 1)
    assert viewer.dims.current_step[0] == 2
    assert history.go_on.isEnabled()


def test_the_process_is_that_of_the_plane_looked_at_and_says_which(viewer, panel, image, run_to_end, tmp_path):
    viewer.add_image(np.stack([image, image + 1, image + 2]), name="film", axis_labels=("t", "y", "x"))
    viewer.dims.set_point(0, 0)
    run_to_end(panel)
    history = panel.sections["History"]
    history.add_layer()
    assert (viewer.layers[-1].data[-1, 0] == image + 2 + 8).all(), "at the right end the last plane"
    assert panel.status.message.text() == "The process of plane 3 is in a layer of its own."
    viewer.layers.selection.active = viewer.layers["film · denoised"]
    history.slider.setValue(8 + 3)
    history.save_film(str(tmp_path / "process.gif"))
    assert "The process of plane 2 is saved" in panel.status.message.text()
    history.add_layer()
    assert (viewer.layers[-1].data[:, 0] == [image + 1 + step for step in range(1, 9)]).all()


def test_of_a_stack_begun_in_its_middle_the_moments_come_in_the_order_of_the_run(viewer, panel, image, run_to_end):
    viewer.add_image(np.stack([image] * 3), name="film", axis_labels=("t", "y", "x"))
    viewer.dims.set_point(0, 1)
    run_to_end(panel)
    history = panel.sections["History"]
    history.slider.setValue(0)
    assert "plane 2 of 3" in history.where.text()
    history.slider.setValue(history.slider.maximum() - 1)
    assert "plane 1 of 3" in history.where.text()
    assert history.go_on.isEnabled(), "the last one that was fitted"
