"""A result brings its settings back: within a session, from a saved file, and per task from the last time."""

import json

import numpy as np
import pytest
import tifffile
from qtpy.QtCore import QCoreApplication, QEvent
from qtpy.QtGui import QGuiApplication

from napari_deep_prior import Denoise, Settings, files, methods_paragraph, restore
from napari_deep_prior._napari.layers.source import KEY
from napari_deep_prior._napari.remembered import NAME, Store
from napari_deep_prior.core.tasks import TASKS

WITHOUT, WITH = list(TASKS)[:2]


def masked(viewer, image):
    mask = np.zeros(image.shape, np.uint8)
    mask[:4] = 1
    return viewer.add_labels(mask, name="gap")


def test_a_result_refills_the_form(viewer, panel, image, run_to_end):
    cells, other = viewer.add_image(image, name="cells"), viewer.add_image(image, name="other")
    gap = masked(viewer, image)
    panel.problem.image.value = cells
    panel.problem.labels.value = gap
    panel.problem.form.fill({"keep_known": False})
    panel.basic.fill({"preset": "fast", "seconds": 3.0})
    panel.advanced.fill({"seed": 7, "iterations": 11, "learning_rate": 0.02})
    panel.output.fill({"dtype": "input"})
    run_to_end(panel)
    before = panel.form.read()

    panel.problem.image.value = other
    panel.problem.task.value = WITHOUT
    panel.basic.fill({"preset": "best", "seconds": "auto"})
    panel.advanced.fill({"seed": 0, "iterations": "auto", "learning_rate": "auto"})
    panel.output.fill({"dtype": "float32"})
    viewer.layers.selection.active = other
    assert not panel.recall.isVisibleTo(panel)
    viewer.layers.selection.active = viewer.layers["cells · inpainted"]
    assert panel.recall.isVisibleTo(panel)
    panel.recall.button.click()

    after = panel.form.read()
    assert after.layers == before.layers == {"image": "cells", "mask": "gap"}
    assert after.as_values() == before.as_values()
    assert "as it was" in panel.status.message.text()


def test_layers_that_are_gone_and_unknown_tasks_are_said(viewer, panel, image, run_to_end):
    source = viewer.add_image(image, name="cells")
    run_to_end(panel)
    viewer.layers.remove(source)
    viewer.layers.selection.active = viewer.layers["cells · denoised"]
    panel.recall.button.click()
    assert "no layer 'cells'" in panel.status.message.text()
    record = viewer.layers[-1].metadata[KEY]
    panel.use({**record, "task": {"name": "colourise"}})
    assert "the task 'colourise'" in panel.status.message.text()
    panel.use({**record, "settings": {"seed": -5}})
    assert "-5" in panel.status.message.text()


@pytest.mark.parametrize("where", ["inside", "beside"])
def test_a_saved_result_opened_again_refills_the_form(viewer, panel, tmp_path, image, where):
    tifffile.imwrite(tmp_path / "cells.tif", image)
    picture = files.read(tmp_path / "cells.tif")
    settings = Settings(preset="fast", iterations=3, seconds="never", seed=5)
    result = restore(image, Denoise(), settings=settings)
    files.write(tmp_path / "out.tif", result.image, like=picture, record=result.record.to_json())
    sidecar = files.sidecar(tmp_path / "out.tif")
    if where == "inside":
        sidecar.unlink()
    else:
        tifffile.imwrite(tmp_path / "out.tif", result.image)
    viewer.open(tmp_path / "out.tif", plugin="napari")
    viewer.layers.selection.active = viewer.layers["out"]
    panel.recall.button.click()
    assert panel.advanced.values()["seed"] == 5
    assert panel.advanced.values()["iterations"] == 3


def test_a_result_from_the_command_line_gets_the_size_of_its_pixels_back(viewer, panel, tmp_path, image):
    sizes = {letter: files.PixelSize(size=0.2, unit="µm") for letter in "YX"}
    like = files.Picture(array=image, axes="YX", pixel_size=sizes)
    record = restore(image, Denoise(), settings=Settings(iterations=3, seconds="never")).record
    files.write(tmp_path / "out.tif", image, like=like, record=record.to_json())
    for path in ("out.tif", "bare.tif"):
        if path == "bare.tif":
            tifffile.imwrite(tmp_path / path, image)
        viewer.open(tmp_path / path, plugin="napari")
    viewer.layers.selection.active = viewer.layers["out"]
    np.testing.assert_allclose(viewer.layers["out"].scale, (0.2, 0.2))
    assert [str(unit) for unit in viewer.layers["out"].units] == ["micrometer"] * 2
    assert viewer.layers["out"].axis_labels == ("y", "x")
    np.testing.assert_allclose(viewer.layers["bare"].scale, (1, 1))


@pytest.mark.parametrize("content", ["[1, 2]", "no json", '{"task": 1}'])
def test_other_files_and_other_records_are_left_alone(viewer, panel, tmp_path, image, content):
    tifffile.imwrite(tmp_path / "out.tif", image)
    files.sidecar(tmp_path / "out.tif").write_text(content)
    viewer.open(tmp_path / "out.tif", plugin="napari")
    viewer.layers.selection.active = viewer.layers["out"]
    assert panel.recall.record is None
    assert not panel.recall.isVisibleTo(panel)


def test_the_last_values_come_back_per_task_and_the_next_day(viewer, panel, dock, image, run_to_end, settings_folder):
    viewer.add_image(image, name="cells")
    panel.advanced.fill({"input_noise": 0.1})
    run_to_end(panel)
    gap = masked(viewer, image)
    panel.problem.labels.value = gap
    panel.problem.form.fill({"keep_known": False})
    panel.advanced.fill({"input_noise": 0.2})
    run_to_end(panel)
    panel.problem.task.value = WITHOUT
    assert panel.advanced.values()["input_noise"] == pytest.approx(0.1)
    panel.problem.task.value = WITH
    assert panel.advanced.values()["input_noise"] == pytest.approx(0.2)

    assert (settings_folder / NAME).is_file()
    tomorrow = dock(viewer)
    assert tomorrow.advanced.values()["input_noise"] == pytest.approx(0.1)
    tomorrow.problem.task.value = WITH
    assert tomorrow.problem.form.values()["keep_known"] is False


@pytest.mark.parametrize("content", ["", "[]", '{"last": 3}', '{"last": {"denoise": {"seed": -4, "gone": 1}}}'])
def test_a_broken_memory_is_no_obstacle(viewer, dock, settings_folder, content):
    (settings_folder / NAME).write_text(content)
    assert dock(viewer).form.basic.values()["preset"] == "balanced"


def test_memory_survives_a_place_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    memory = Store(tmp_path / "file" / "below")
    memory.keep("a", "b", values={"c": 1})
    assert memory.get("a", "b") == {"c": 1}
    memory = Store(tmp_path)
    memory.keep("a", "b", values={"c": 1})
    assert json.loads((tmp_path / NAME).read_text()) == {"a": {"b": {"c": 1}}}
    assert Store(tmp_path).get("a") == {"b": {"c": 1}}
    assert Store(None).get("a", "b", "c") == {}


def test_a_closed_panel_hears_no_more(viewer, dock, image):
    panel = dock(viewer)
    panel.parent().destroyOnClose()
    panel.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    viewer.add_image(image)
    viewer.layers.selection.active = None


def test_the_paragraph_for_a_paper_is_copied_from_the_record(viewer, panel, image):
    record = restore(image, Denoise(), settings=Settings(preset="fast", iterations=2, seconds="never")).record
    for name, carried in (("result", record.as_dict()), ("odd", {**record.as_dict(), "task": {"name": "colourise"}})):
        viewer.add_image(image, name=name, metadata={KEY: carried})
    bar = panel.recall
    (action,) = [action for action in bar.share.menu().actions() if action.text() == "Copy methods paragraph"]
    viewer.layers.selection.active = viewer.layers["result"]
    action.trigger()
    assert QGuiApplication.clipboard().text() == methods_paragraph(record)
    assert "on the clipboard" in panel.status.message.text()
    viewer.layers.selection.active = viewer.layers["odd"]
    action.trigger()
    assert "'colourise', which this version does not have" in panel.status.message.text()
