"""What can happen while a fit runs: stop, resume, failure."""

import dataclasses
import sys
import time

import dask.array as da
import numpy as np
import pytest
from napari.qt.threading import WorkerBase
from qtpy.QtWidgets import QApplication, QFileDialog

import napari_deep_prior
from napari_deep_prior._napari import engine as engines
from napari_deep_prior._napari.layers.source import KEY
from napari_deep_prior._napari.running.activity import Activity
from napari_deep_prior.core.results import Diverged, OutOfMemory


def test_stop_keeps_the_result(viewer, panel, running, stopped):
    stopped(panel)
    result = viewer.layers["cells · denoised"]
    assert result.data is running.made[0].result.image
    assert KEY in result.metadata
    assert "Ended: you stopped it" in panel.status.message.text()


def test_the_bar_of_a_stopped_run_shows_how_far_it_came(viewer, panel, qtbot, image, fake, stopped):
    """Full, it would say that all is done."""
    fake.steps, fake.pause = 400, 0.01
    viewer.add_image(image, name="cells")
    panel.buttons.run.click()
    qtbot.waitUntil(lambda: panel.status.bar.value() > 25, timeout=60000)
    stopped(panel)
    (fit,) = fake.made
    assert panel.status.bar.value() == pytest.approx(1000 * fit.at / fit.steps, abs=5)
    assert panel.status.bar.value() < 1000
    fake.pause = 0.0
    panel.buttons.resume.click()
    qtbot.waitUntil(panel.buttons.run.isEnabled, timeout=60000)
    assert panel.status.bar.value() == 1000, "what ended by itself is done"


def test_the_bar_of_a_run_that_failed_shows_how_far_it_came(viewer, panel, image, run_to_end, fake):
    fake.fails, fake.pause = OutOfMemory("The card is full."), 0.05
    viewer.add_image(image, name="cells")
    run_to_end(panel)
    assert "What was restored until then is kept" in panel.status.message.text()
    assert panel.status.bar.value() == round(1000 * 2 / fake.steps)


def test_resume_goes_on_in_the_same_layer(viewer, panel, qtbot, running, stopped):
    stopped(panel)
    layer, reached = viewer.layers[-1], running.made[0].at
    panel.buttons.resume.click()
    assert not panel.buttons.run.isEnabled()
    qtbot.waitUntil(lambda: running.made[0].at > 0 and running.made[0].resumed, timeout=60000)
    stopped(panel)
    assert len(running.made) == 1
    assert len(viewer.layers) == 2
    assert viewer.layers[-1] == layer
    assert reached > 0


def test_a_second_run_is_refused(panel, running):
    assert not panel.buttons.run.isEnabled()
    panel.run()
    assert "A run is going on" in panel.status.message.text()
    assert len(running.made) == 1


@pytest.mark.parametrize(
    "error", [OutOfMemory("The card is full."), Diverged("No."), RuntimeError("x"), ValueError("y")]
)
def test_a_failure_is_told_and_run_is_ready_again(viewer, panel, image, run_to_end, fake, error):
    viewer.add_image(image, name="cells")
    fake.fails = error
    run_to_end(panel)
    assert str(error) in panel.status.message.text()
    assert not panel.buttons.resume.isEnabled()
    fake.fails = None
    run_to_end(panel)
    assert (viewer.layers[-1].data == image + 8).all()


def test_a_plane_that_fails_leaves_those_before_it(viewer, panel, image, run_to_end, fake):
    viewer.add_image(da.stack([da.from_array(image)] * 3), name="film")
    fake.fails, fake.fails_on = ValueError("the plane is flat"), 2
    viewer.dims.set_point(0, 0)
    run_to_end(panel)
    live = viewer.layers["film · denoised · 2 of 3 planes"]
    assert (live.data[:2] == image + 8).all()
    assert KEY in live.metadata
    assert "the plane is flat" in panel.status.message.text()
    assert "kept" in panel.status.message.text()
    assert not panel.buttons.resume.isEnabled()


def test_after_a_reading_error_the_finished_planes_have_their_record_save_and_resume(
    viewer, panel, image, run_to_end, fake, qtbot
):
    lost = {2}

    def plane(block_info=None):
        (number, *_) = block_info[None]["chunk-location"]
        if number in lost:
            raise OSError("the network is gone")
        return image[None]

    film = da.map_blocks(plane, chunks=((1,) * 3, (24,), (32,)), dtype=image.dtype)
    viewer.add_image(film, name="film", contrast_limits=(0, 200))
    viewer.dims.set_point(0, 0)
    run_to_end(panel)
    result = viewer.layers["film · denoised · 2 of 3 planes"]
    assert (np.asarray(result.data[:2]) == image + 8).all()
    assert [report["plane"] for report in result.metadata[KEY]["planes"]] == [0, 1]
    assert "Save it, or press Resume" in panel.status.message.text()
    assert panel.recall.record is not None
    assert panel.buttons.resume.isEnabled()
    lost.clear()
    panel.buttons.resume.click()
    qtbot.waitUntil(lambda: panel.buttons.run.isEnabled(), timeout=60000)
    assert result.name == "film · denoised"


def test_of_a_stopped_stack_it_is_said_everywhere_which_planes_are_restored(
    viewer, panel, image, qtbot, fake, tmp_path, stopped, monkeypatch
):
    fake.steps, fake.pause = 20, 0.01
    stack = np.stack([image] * 6)
    viewer.add_image(stack, name="film", axis_labels=("t", "y", "x"))
    viewer.dims.set_point(0, 0)
    panel.buttons.run.click()
    qtbot.waitUntil(lambda: "plane 3 of 6" in panel.status.steps.text(), timeout=60000)
    stopped(panel)
    (reached,) = {fit.plane + 1 for fit in fake.made}
    result = viewer.layers[f"film · denoised · {reached} of 6 planes"]
    told = f"{reached} of 6 planes {'is' if reached == 1 else 'are'} restored"
    assert panel.status.message.text().startswith(f"{told}; planes {reached + 1}-6 still show the original.")
    assert panel.status.bar.value() == round(1000 * reached / 6)
    assert told in panel.sections["Trust"].warnings.text()
    assert f"Plane {reached} was stopped before its end" in panel.sections["Trust"].warnings.text()
    assert "warning" in panel.sections.folds["Trust"].button.text()
    assert result.metadata[KEY]["planes_in_image"] == 6
    viewer.layers.selection.active = result
    assert f"{reached} of 6 planes" in panel.recall.words.text()
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (str(tmp_path / "film.tif"), ""))
    panel.recall.save.click()
    assert panel.status.message.text().startswith("Saved film.tif")
    assert f"{told}; planes {reached + 1}-6 still show the original." in panel.status.message.text()
    panel.buttons.resume.click()
    qtbot.waitUntil(lambda: panel.buttons.run.isEnabled(), timeout=60000)
    assert result.name == "film · denoised"
    assert panel.status.bar.value() == 1000
    assert "still show" not in panel.sections["Trust"].warnings.text()
    viewer.layers.selection.active = viewer.layers["film"]
    viewer.layers.selection.active = result
    assert panel.recall.words.text() == "'film · denoised' is a result."


def copying(given):
    """As the real fit does: a result that later steps do not change."""
    return lambda fit: dataclasses.replace(given(fit), image=fit.values.copy())


@pytest.mark.parametrize("rescued", [True, False])
@pytest.mark.parametrize("planes", [1, 2])
def test_after_a_failed_resume_the_layer_fits_its_record(
    viewer, panel, image, qtbot, fake, monkeypatch, rescued, planes
):
    given = copying(fake.result.fget)
    monkeypatch.setattr(fake, "result", property(given))
    viewer.add_image(np.stack([image] * planes), name="cells")
    panel.buttons.run.click()
    qtbot.waitUntil(lambda: panel.buttons.run.isEnabled(), timeout=60000)
    live = viewer.layers["cells · denoised"]
    first, record = live.data.copy(), live.metadata[KEY]

    asked = []

    def result(fit):
        asked.append(fit)
        if not rescued and len(asked) == planes:  # a stack is asked for once more, to draw into
            raise OutOfMemory("no memory to ask for it")
        return given(fit)

    monkeypatch.setattr(fake, "result", property(result))
    fake.fails = OutOfMemory("The card is full.")
    fake.pause = 0.05
    panel.buttons.resume.click()
    qtbot.waitUntil(lambda: panel.buttons.run.isEnabled(), timeout=60000)
    assert "The card is full." in panel.status.message.text()
    if rescued:
        assert live.metadata[KEY]["planes"][0]["iterations"] == 3
        assert (live.data[0] == image + 2).all()
    else:
        assert live.metadata[KEY] == record
        assert (live.data == first).all()


def test_a_fit_that_refuses_the_image(viewer, panel, run_to_end, fake, monkeypatch):
    def refuse(*_, **__):
        raise TypeError("The image is boolean.")

    monkeypatch.setattr(fake, "__init__", refuse)
    viewer.add_image(np.zeros((8, 8)))
    run_to_end(panel)
    assert panel.status.message.text() == "The image is boolean."


def test_warnings_end_in_the_log(viewer, panel, image, run_to_end, fake, caplog):
    fake.warns = True
    viewer.add_image(image)
    run_to_end(panel)
    assert "odd" in caplog.text


def test_quit_by_napari_keeps_the_result_and_closes_the_fit(viewer, panel, qtbot, running):
    for worker in list(WorkerBase._worker_set):
        worker.quit()
    qtbot.waitUntil(lambda: panel.buttons.run.isEnabled(), timeout=60000)
    assert KEY in viewer.layers["cells · denoised"].metadata
    assert running.made[0].closed


@pytest.mark.parametrize(
    "error",
    [
        ModuleNotFoundError("No module named 'torch'", name="torch"),
        OSError("WinError 1114"),
        ImportError("DLL load failed"),
    ],
)
def test_a_broken_pytorch_is_explained(viewer, monkeypatch, error):
    if type(error) is OSError:
        error.winerror = 1114

    class Broken:
        def find_spec(self, name, path=None, target=None):
            if name == "torch":
                raise error

    for name in [m for m in sys.modules if m.split(".")[0] == "torch" or m.startswith("napari_deep_prior.core")]:
        monkeypatch.delitem(sys.modules, name)
    # What is half imported here hangs itself into its package, where it would stay for the tests that follow.
    monkeypatch.setattr(napari_deep_prior, "core", napari_deep_prior.core)
    monkeypatch.setattr(sys, "meta_path", [Broken(), *sys.meta_path])
    from napari_deep_prior._napari.widget import DeepPriorWidget

    widget = DeepPriorWidget(viewer)
    viewer.window.add_dock_widget(widget)
    said = widget.explanation.text()
    assert "PyTorch does not load" in said
    assert {ModuleNotFoundError: "pip install torch", OSError: "napari-deep-prior gui", ImportError: "Reinstall"}[
        type(error)
    ] in said
    widget.reset_choices()
    widget.restore(None)  # from the palette: the panel, now open, says it all
    widget.run()
    widget.stop()
    widget.resume()


def test_explanations_do_not_need_a_window():
    assert "pip install torch" in engines.explained(ModuleNotFoundError(name="torch"))


def test_the_end_has_the_last_word_where_the_bar_lets_it_in(panel, viewer, image, run_to_end, fake, monkeypatch):
    """Napari handles what is queued while it moves its bar: the end of the run may be among it."""
    viewer.add_image(image, name="cells")
    monkeypatch.setattr(Activity, "show", lambda *_: time.sleep(0.3) or QApplication.processEvents())
    run_to_end(panel, timeout=60000)
    assert panel.status.message.text().startswith("Ended")
