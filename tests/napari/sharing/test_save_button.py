"""A result saved with its record; never over what it came from."""

import json

import numpy as np
import pytest
import tifffile
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QFileDialog, QMessageBox

from napari_deep_prior import Record, files, replay
from napari_deep_prior._napari.layers.source import KEY
from napari_deep_prior._napari.widget import DeepPriorWidget


def qclick(button):
    """As with the mouse."""
    assert button.isEnabled()
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def test_a_saved_result_keeps_its_size_and_repeats(viewer, tmp_path, monkeypatch, run_to_end):

    panel = DeepPriorWidget(viewer)
    viewer.window.add_dock_widget(panel)
    panel.basic.fill({"preset": "fast", "seconds": "never"})
    panel.advanced.fill({"iterations": 4})
    image = np.random.default_rng(0).poisson(50, (32, 40)).astype(np.uint16)
    viewer.add_image(image, name="cells", scale=(0.2, 0.1), units=("um", "um"), axis_labels=("y", "x"))
    run_to_end(panel, timeout=60000)
    result = viewer.layers["cells · denoised"]
    viewer.layers.selection.active = result
    path = tmp_path / "out.tif"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (str(path), ""))
    panel.recall.save.click()
    assert panel.status.message.text() == "Saved out.tif and its record out.tif.json."
    again = files.read(path)
    assert (again.array == result.data).all()
    assert (again.pixel_size["Y"].size, again.pixel_size["Y"].unit) == (0.2, "µm")
    record = Record.from_json(files.sidecar(path).read_text())
    assert (replay(image, record).image == result.data).all()
    assert json.loads(files.sidecar(path).read_text())["layers"] == {"image": "cells"}
    assert result.metadata[KEY]["layers"] == {"image": "cells"}


def test_what_cannot_be_saved_is_said(viewer, panel, image, run_to_end, tmp_path, monkeypatch):
    viewer.add_image(image, name="cells")
    run_to_end(panel)
    viewer.layers.selection.active = viewer.layers[-1]
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (str(tmp_path / "none" / "out.tif"), ""))
    panel.recall.save.click()
    assert "does not exist" in panel.status.message.text()
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: ("", ""))
    panel.recall.save.click()
    assert not list(tmp_path.glob("*.tif"))
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (str(tmp_path / "plain"), ""))
    panel.recall.save.click()
    assert tifffile.imread(tmp_path / "plain.tif").shape == image.shape


@pytest.fixture
def opened(viewer, panel, image, run_to_end, tmp_path):
    """A raw file, opened and restored; its result is selected."""
    tifffile.imwrite(tmp_path / "raw.tif", image)
    viewer.open(tmp_path / "raw.tif", plugin="napari")
    run_to_end(panel)
    viewer.layers.selection.active = viewer.layers["raw · denoised"]
    return tmp_path


def answering(monkeypatch, name, answer=None):
    """What the user types, and what is answered to a question; returns the questions that were asked."""
    asked = []
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (str(name), ""))

    def question(_parent, _title, words, *_):
        asked.append(words)
        assert answer is not None, words
        return answer

    monkeypatch.setattr(QMessageBox, "question", question)
    return asked


@pytest.mark.parametrize("typed", ["raw", "raw.tif", "../{}/raw"])
@pytest.mark.parametrize("source", ["open", "closed"])
def test_a_result_is_never_saved_over_its_source(viewer, panel, opened, image, monkeypatch, typed, source):
    if source == "closed":
        viewer.layers.remove("raw")
    asked = answering(monkeypatch, opened / typed.format(opened.name))
    qclick(panel.recall.save)
    assert "Nothing was saved: raw.tif is the file that 'raw' was opened from" in panel.status.message.text()
    assert (tifffile.imread(opened / "raw.tif") == image).all()
    assert tifffile.imread(opened / "raw.tif").dtype == image.dtype
    assert [file.name for file in opened.glob("raw*")] == ["raw.tif"]
    assert not asked


@pytest.mark.parametrize("answer", ["Yes", "No"])
def test_what_is_there_is_replaced_only_after_a_question_that_names_it(panel, opened, image, monkeypatch, answer):
    (opened / "other.tif").write_bytes(b"precious")
    asked = answering(monkeypatch, opened / "other", getattr(QMessageBox.StandardButton, answer))
    qclick(panel.recall.save)
    assert asked == [f"other.tif in {opened} exists already. Replace?"]
    if answer == "No":
        assert (opened / "other.tif").read_bytes() == b"precious"
        assert panel.status.message.text() == "Nothing was saved."
    else:
        assert (tifffile.imread(opened / "other.tif") == image + 8).all()


def test_the_dialog_starts_beside_the_source_and_then_where_one_saved_last(panel, opened, monkeypatch):
    starts = []

    def ask(_parent, _title, start, kinds, **_):
        starts.append((start, kinds))
        return str(opened / "results" / "cells.v2"), ""

    (opened / "results").mkdir()
    monkeypatch.setattr(QFileDialog, "getSaveFileName", ask)
    qclick(panel.recall.save)
    assert (opened / "results" / "cells.v2.tif").is_file(), "an ending that is none stays part of the name"
    answering(monkeypatch, "")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *given, **_: starts.append(given[2:]) or ("", ""))
    qclick(panel.recall.save)
    assert starts[0][0] == str(opened / "raw-denoised.tif")
    assert starts[1][0] == str(opened / "results" / "raw-denoised.tif")
    assert "PNG" not in starts[0][1], "float32 does not fit into one"


def asked_for(monkeypatch, panel, name, kind):
    """Types a name, chooses a kind of file, and presses Save; returns the kinds that were offered."""
    offered = []

    def ask(_parent, _title, _start, kinds, **_):
        offered.extend(kinds.split(";;"))
        return str(name), kind

    monkeypatch.setattr(QFileDialog, "getSaveFileName", ask)
    qclick(panel.recall.save)
    return offered


def test_ome_zarr_is_offered_and_holds_axes_pixels_and_record(viewer, panel, image, run_to_end, tmp_path, monkeypatch):
    pytest.importorskip("yaozarrs")
    film = np.stack([image] * 2)
    viewer.add_image(film, name="film", scale=(1, 0.2, 0.1), units=("second", "um", "um"), axis_labels=("t", "y", "x"))
    run_to_end(panel)
    result = viewer.layers.selection.active = viewer.layers["film · denoised"]
    offered = asked_for(monkeypatch, panel, tmp_path / "film", "OME-Zarr (*.zarr)")
    older = "OME-Zarr 0.4, for older programs (*.zarr)"
    assert offered == ["TIFF (*.tif *.tiff)", "OME-Zarr (*.zarr)", older]
    assert panel.status.message.text() == "Saved film.ome.zarr and its record film.ome.zarr.json."
    assert (tmp_path / "film.ome.zarr" / "zarr.json").is_file()
    asked_for(monkeypatch, panel, tmp_path / "old", older)
    assert panel.status.message.text() == "Saved old.ome.zarr and its record old.ome.zarr.json."
    assert (tmp_path / "old.ome.zarr" / ".zattrs").is_file()
    assert (files.read(tmp_path / "old.ome.zarr").array == result.data).all()
    again = files.read(tmp_path / "film.ome.zarr")
    assert (again.array == result.data).all()
    assert again.axes == "TYX"
    assert (again.pixel_size["Y"].size, again.pixel_size["Y"].unit) == (0.2, "µm")
    assert json.loads(files.read_record(tmp_path / "film.ome.zarr"))["layers"] == {"image": "film"}
    question = answering(monkeypatch, tmp_path / "film.ome.zarr", QMessageBox.StandardButton.No)
    qclick(panel.recall.save)
    assert question == [f"film.ome.zarr and film.ome.zarr.json in {tmp_path} exist already. Replace?"]


def test_without_its_packages_ome_zarr_is_not_offered(viewer, panel, image, run_to_end, tmp_path, monkeypatch):
    viewer.add_image(image, name="cells")
    run_to_end(panel)
    viewer.layers.selection.active = viewer.layers["cells · denoised"]
    monkeypatch.setattr("importlib.util.find_spec", lambda *_: None)
    assert asked_for(monkeypatch, panel, "", "") == ["TIFF (*.tif *.tiff)"]


def test_png_is_offered_for_what_it_can_hold_and_gets_its_ending(
    viewer, panel, image, run_to_end, tmp_path, monkeypatch
):
    viewer.add_image(image, name="cells")
    panel.output.fill({"dtype": "input"})
    run_to_end(panel)
    result = viewer.layers.selection.active = viewer.layers["cells · denoised"]
    assert "PNG (*.png)" in asked_for(monkeypatch, panel, tmp_path / "out", "PNG (*.png)")
    assert panel.status.message.text() == "Saved out.png and its record out.png.json."
    assert (files.read(tmp_path / "out.png").array == result.data).all()


def test_a_store_in_which_the_source_lies_is_not_replaced(viewer, panel, image, run_to_end, tmp_path, monkeypatch):
    pytest.importorskip("yaozarrs")
    store = tmp_path / "raw.ome.zarr"
    files.write(store, image, like=files.Picture(array=image, axes="YX"))
    viewer.open(store / "0", plugin="napari")
    run_to_end(panel)
    viewer.layers.selection.active = viewer.layers[-1]
    asked_for(monkeypatch, panel, store, "OME-Zarr (*.zarr)")
    assert "Nothing was saved: raw.ome.zarr is the file" in panel.status.message.text()
    assert (files.read(store).array == image).all()
