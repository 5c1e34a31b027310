"""A run outlives its panel, and one that leaves nothing gives way to the one before it."""

import dataclasses
import gc
import weakref

import numpy as np
import pytest
from qtpy.QtCore import QCoreApplication, QEvent, QThreadPool

from napari_deep_prior._napari.layers.source import KEY
from napari_deep_prior._napari.running import current_run, garbage


def under_way(panel, fake, qtbot):
    fake.steps, fake.pause = 4000, 0.01
    panel.buttons.run.click()
    qtbot.waitUntil(lambda: panel.status.times.text() != "", timeout=60000)


def ended(panel, qtbot):
    qtbot.waitUntil(lambda: panel.buttons.run.isEnabled(), timeout=60000)


def closed(panel):
    """As by the x of its dock; the panel itself is deleted as well."""
    panel.parent().destroyOnClose()
    panel.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def test_a_closed_panel_does_not_end_its_run_and_the_next_one_finds_it(viewer, dock, image, qtbot, fake):
    first = dock(viewer)
    viewer.add_image(image, name="cells")
    under_way(first, fake, qtbot)
    closed(first)
    (fit,) = fake.made
    at = fit.at
    qtbot.waitUntil(lambda: fit.at > at + 5, timeout=60000)
    second = dock(viewer)
    assert second.buttons.stop.isEnabled()
    assert not second.buttons.run.isEnabled()
    qtbot.waitUntil(lambda: "teration" in second.status.steps.text(), timeout=60000)
    second.buttons.stop.click()
    ended(second, qtbot)
    assert "you stopped it" in second.status.message.text()
    assert second.buttons.resume.isEnabled()
    assert second.sections["Compare"].hold.isEnabled()
    assert second.sections["History"].snapshots
    assert fake.made == [fit]
    assert KEY in viewer.layers["cells · denoised"].metadata


def test_a_run_that_ended_while_no_panel_was_open_is_there_in_the_next(viewer, dock, image, qtbot, fake):
    first = dock(viewer)
    viewer.add_image(image, name="cells")
    fake.steps, fake.pause = 20, 0.02
    first.buttons.run.click()
    qtbot.waitUntil(lambda: bool(fake.made) and fake.made[0].at > 0, timeout=60000)
    held = first._held
    closed(first)
    qtbot.waitUntil(lambda: not held.active, timeout=60000)
    assert KEY in viewer.layers["cells · denoised"].metadata
    second = dock(viewer)
    assert "iteration 20 of 20" in second.status.message.text()
    assert second.buttons.resume.isEnabled()
    second.buttons.resume.click()
    ended(second, qtbot)
    assert fake.made[0].resumed


def test_a_panel_closed_after_its_run_leaves_it_to_the_next(viewer, dock, image, run_to_end, fake):
    first = dock(viewer)
    viewer.add_image(image, name="cells")
    run_to_end(first)
    closed(first)
    second = dock(viewer)
    assert second.buttons.resume.isEnabled()
    assert "iteration 8 of 8" in second.status.message.text()


def test_a_run_without_a_panel_ends_with_the_window(dock, fake, image, qtbot, make_napari_viewer):
    viewer = make_napari_viewer()
    panel = dock(viewer)
    viewer.add_image(image, name="cells")
    under_way(panel, fake, qtbot)
    closed(panel)
    del panel
    viewer.close()
    assert QThreadPool.globalInstance().waitForDone(5000)
    qtbot.wait(100)
    assert current_run._LEFT == {}


def test_hiding_the_dock_changes_nothing(viewer, panel, qtbot, running, stopped):
    panel.parent().hide()
    at = running.made[0].at
    qtbot.waitUntil(lambda: running.made[0].at > at + 10, timeout=60000)
    stopped(panel)


def test_closing_the_viewer_ends_the_thread(dock, fake, image, qtbot, make_napari_viewer):
    fake.steps, fake.pause = 4000, 0.01
    viewer = make_napari_viewer()
    panel = dock(viewer)
    viewer.add_image(image, name="cells")
    panel.run()
    qtbot.waitUntil(lambda: bool(fake.made) and fake.made[0].at > 0, timeout=60000)
    del panel
    viewer.close()
    assert QThreadPool.globalInstance().waitForDone(5000)
    qtbot.wait(100)
    assert len(viewer.layers) == 0


@pytest.fixture
def one_result(viewer, panel, image, run_to_end):
    """A run that has ended well."""
    viewer.add_image(image, name="cells")
    run_to_end(panel)
    return viewer.layers["cells · denoised"]


def is_there_still(panel, viewer, result, qtbot):
    """The first run can be gone on with, looked back on, compared, and saved."""
    assert [layer.name for layer in viewer.layers] == ["cells", "cells · denoised"]
    assert viewer.layers.selection.active == result
    assert panel.buttons.resume.isEnabled()
    assert panel.sections["Compare"].hold.isEnabled()
    assert panel.sections["History"].snapshots
    assert panel.recall.record == result.metadata[KEY]


def test_a_refused_run_leaves_what_was_there(viewer, panel, run_to_end, qtbot, fake, one_result, monkeypatch):
    def refuse(*_, **__):
        raise ValueError("There is no such device.")

    monkeypatch.setattr(fake, "__init__", refuse)
    run_to_end(panel)
    assert panel.status.message.text() == "There is no such device."
    is_there_still(panel, viewer, one_result, qtbot)
    panel.buttons.resume.click()
    ended(panel, qtbot)
    assert fake.made[0].resumed


def test_a_run_of_another_image_that_is_refused_does_not_offer_to_resume_the_one_before(
    viewer, panel, run_to_end, one_result, fake, monkeypatch
):
    """It stands there still, beside its own image."""
    other = viewer.add_image(np.full((24, 32), 7.0), name="empty")

    def refuse(*_, **__):
        raise ValueError("The image is constant.")

    monkeypatch.setattr(fake, "__init__", refuse)
    run_to_end(panel)
    assert panel.status.message.text() == "The image is constant."
    assert panel.problem.image.value == other
    assert not panel.buttons.resume.isEnabled()
    assert panel.status.bar.value() == 0
    viewer.layers.selection.active = one_result
    assert panel.buttons.resume.isEnabled()
    assert panel.status.bar.value() == 1000


def test_a_cancelled_run_leaves_what_was_there(viewer, panel, qtbot, fake, one_result):
    under_way(panel, fake, qtbot)
    assert len(viewer.layers) == 3
    panel.buttons.cancel.click()
    ended(panel, qtbot)
    assert "Cancelled" in panel.status.message.text()
    assert [layer.name for layer in viewer.layers] == ["cells", "cells · denoised"]
    assert viewer.layers.selection.active == one_result
    assert panel.sections["History"].snapshots
    assert not panel.buttons.resume.isEnabled(), "its network has made room for the one that was cancelled"
    assert not panel.buttons.cancel.isEnabled()


def test_cancel_of_the_first_run_leaves_the_layers_as_they_were(viewer, panel, image, qtbot, fake):
    source = viewer.add_image(image, name="cells", blending="additive")
    under_way(panel, fake, qtbot)
    panel.buttons.cancel.click()
    ended(panel, qtbot)
    assert list(viewer.layers) == [source]
    assert source.visible
    assert viewer.layers.selection.active == source
    assert not panel.buttons.resume.isEnabled()
    assert not panel.sections["Compare"].hold.isEnabled()


def test_cancel_after_resume_gives_the_result_before_it_back(
    viewer, panel, image, run_to_end, qtbot, fake, monkeypatch
):
    given = fake.result.fget  # as the real one's, what is given away does not change any more
    copied = property(lambda fit: dataclasses.replace(given(fit), image=fit.values.copy()))
    monkeypatch.setattr(fake, "result", copied)
    viewer.add_image(image, name="cells")
    run_to_end(panel)
    one_result = viewer.layers["cells · denoised"]
    before, record = np.array(one_result.data), one_result.metadata[KEY]
    fake.made[0].budget, fake.made[0].pause = 4000, 0.01
    panel.buttons.resume.click()
    qtbot.waitUntil(lambda: (np.asarray(one_result.data) != before).any(), timeout=60000)
    panel.buttons.cancel.click()
    ended(panel, qtbot)
    assert (one_result.data == before).all()
    assert one_result.metadata[KEY] == record


def test_time_goes_on_from_where_it_was_at_resume(panel, qtbot, fake, one_result):
    run = panel._held.run
    assert run is not None
    run._before = 3600.0
    panel.buttons.resume.click()
    ended(panel, qtbot)
    assert panel.status.times.text().startswith("Elapsed 1 h 00 min")
    assert 3600 < run.elapsed < 3700


def test_the_next_run_frees_the_last_fit(panel, run_to_end, fake, one_result):
    last = weakref.ref(fake.made.pop())
    run_to_end(panel)
    gc.collect()
    assert last() is None


def test_when_its_window_is_gone_python_collects_again(qapp):
    garbage.COLLECTOR.hold("run")
    garbage.COLLECTOR.let_go("run")
    assert not gc.isenabled()
    current_run.CurrentRun().on_window_deleted()
    assert gc.isenabled()
