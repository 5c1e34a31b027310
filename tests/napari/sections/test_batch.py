"""Many files from the window: a list that says what became of each, nothing finished is lost, and what failed is tried again."""

from __future__ import annotations

import numpy as np
import pytest
import tifffile
from qtpy.QtWidgets import QFileDialog

from napari_deep_prior import Denoise, Inpaint, Settings, restore
from napari_deep_prior._napari import commands
from napari_deep_prior._napari.sections.batch import BESIDE, images_in
from napari_deep_prior._napari.widget import DeepPriorWidget

RNG = np.random.default_rng(0)
SETTINGS = Settings(preset="fast", seconds="never", iterations=4, device="cpu", precision="float32")


@pytest.fixture
def folder(tmp_path, viewer):
    """Two images and a file that is none; the first is open in the window."""
    for name in ("a", "b"):
        tifffile.imwrite(tmp_path / f"{name}.tif", RNG.poisson(50, (24, 32)).astype(np.uint16))
    (tmp_path / "c.tif").write_bytes(b"no image")
    (tmp_path / "notes.txt").write_text("not an image at all")
    viewer.open(tmp_path / "a.tif", plugin="napari")
    return tmp_path


@pytest.fixture
def chosen(quick_panel, folder, monkeypatch):
    """The panel with the files of the folder in its list."""
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(folder))
    quick_panel.show_many()
    quick_panel.batch.choose_folder.click()
    return quick_panel


def over(panel, qtbot):
    qtbot.waitUntil(lambda: not panel.batch.run.active, timeout=60000)


def states(panel):
    items = [panel.batch.list.topLevelItem(number) for number in range(panel.batch.list.topLevelItemCount())]
    return {item.text(0): item.text(1) for item in items}


def test_the_list_says_what_became_of_each_and_what_failed_is_tried_again(chosen, folder, qtbot):
    batch = chosen.batch
    assert states(chosen) == {"a.tif": "waits", "b.tif": "waits", "c.tif": "waits"}
    assert batch.start_button.text() == "Start on 3 files"
    batch.start_button.click()
    over(chosen, qtbot)
    found = states(chosen)
    assert (found["a.tif"], found["b.tif"]) == ("restored", "restored")
    assert found["c.tif"] == "failed"
    assert batch.reason.text().startswith("c.tif cannot be read as TIFF")
    assert chosen.status.message.text() == "2 of 3 files are restored. 1 failed: the list says why."
    expected = restore(tifffile.imread(folder / "b.tif"), Denoise(), settings=SETTINGS).image
    np.testing.assert_array_equal(tifffile.imread(folder / "restored" / "b.tif"), expected)
    written = (folder / "restored" / "b.tif").stat().st_mtime_ns

    tifffile.imwrite(folder / "c.tif", RNG.poisson(50, (24, 32)).astype(np.uint16))
    assert batch.start_button.text() == "Try 1 again"
    batch.start_button.click()
    over(chosen, qtbot)
    assert set(states(chosen).values()) == {"restored"}
    assert not batch.start_button.isEnabled()
    assert batch.bar.value() == batch.bar.maximum()
    assert (folder / "restored" / "b.tif").stat().st_mtime_ns == written, "what is done is left alone"

    batch.choose_folder.click()
    batch.start_button.click()
    over(chosen, qtbot)
    assert set(states(chosen).values()) == {"done before"}


@pytest.fixture
def endless(chosen, qtbot):
    """A batch that is in the midst of its first file."""
    chosen.advanced.fill({"iterations": 100000, "stopping": "never"})
    chosen.batch.start_button.click()
    qtbot.waitUntil(lambda: chosen.batch.run.part > 0, timeout=60000)
    return chosen


def test_cancel_leaves_no_half_result_and_start_goes_on(endless, folder, qtbot):
    batch = endless.batch
    assert "restored" not in states(endless).values()
    endless.buttons.run.click()
    assert endless.status.message.text().startswith("Files are being restored.")
    batch.cancel_button.click()
    over(endless, qtbot)
    assert set(states(endless).values()) == {"waits"}
    assert endless.status.message.text() == "0 of 3 files are restored. 3 were not begun."
    assert not list((folder / "restored").glob("*.tif"))
    endless.advanced.fill({"iterations": 4, "stopping": "auto"})
    batch.start_button.click()
    over(endless, qtbot)
    assert states(endless)["a.tif"] == "restored"


def test_a_closed_panel_ends_no_batch(viewer, endless, qtbot):
    endless.parent().destroyOnClose()
    again = DeepPriorWidget(viewer)
    viewer.window.add_dock_widget(again)
    assert again.batch.run.active
    assert states(again)["a.tif"].endswith("%")
    again.batch.cancel_button.click()
    over(again, qtbot)
    assert set(states(again).values()) == {"waits"}


def test_files_wait_for_a_run(chosen, qtbot):
    chosen.advanced.fill({"iterations": 100000, "stopping": "never"})
    chosen.buttons.run.click()
    chosen.batch.start_button.click()
    assert chosen.status.message.text().startswith("A run is going on.")
    assert not chosen.batch.run.active
    chosen.buttons.cancel.click()
    qtbot.waitUntil(chosen.buttons.run.isEnabled, timeout=60000)


def test_a_painted_mask_goes_with_the_files(viewer, chosen, folder, qtbot):
    mask = np.zeros((24, 32), np.uint8)
    mask[4:8, 4:9] = 1
    chosen.problem.labels.value = viewer.add_labels(mask, name="scratch")
    assert chosen.problem.task.value == "inpaint"
    chosen.batch.start_button.click()
    over(chosen, qtbot)
    assert states(chosen)["b.tif"] == "restored"
    np.testing.assert_array_equal(tifffile.imread(folder / "restored" / BESIDE / "scratch.tif"), mask)
    expected = restore(tifffile.imread(folder / "b.tif"), Inpaint(mask=mask), settings=SETTINGS).image
    np.testing.assert_array_equal(tifffile.imread(folder / "restored" / "b.tif"), expected)


def test_a_double_click_opens_a_file_and_its_result(viewer, chosen, qtbot):
    chosen.batch.start_button.click()
    over(chosen, qtbot)
    item = chosen.batch.list.topLevelItem(1)
    chosen.batch.list.itemDoubleClicked.emit(item, 0)
    assert [layer.name for layer in viewer.layers] == ["a", "b", "b [1]"]
    assert viewer.layers[-1].data.dtype == np.float32


def test_what_cannot_begin_is_said(viewer, chosen):
    viewer.layers.clear()
    chosen.batch.start_button.click()
    assert "Double-click a file in the list to open it" in chosen.status.message.text()
    assert not chosen.batch.run.active


def test_a_folder_offers_its_images_alone(folder):
    assert [path.name for path in images_in(folder)] == ["a.tif", "b.tif", "c.tif"]
    assert [path.name for path in images_in(folder, "b*")] == ["b.tif"]
    assert images_in(folder, "/b*") == images_in(folder, "..") == []
    (folder / "b.tif.json").write_text("{}")
    assert [path.name for path in images_in(folder)] == ["a.tif", "c.tif"], "a result of ours"


def test_the_menu_opens_the_list(viewer):
    commands.restore_files(viewer)
    (panel,) = (panel for panel in viewer.window.dock_widgets.values() if isinstance(panel, DeepPriorWidget))
    assert panel.many.button.isChecked()
