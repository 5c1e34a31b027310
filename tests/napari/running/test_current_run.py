"""The run a panel holds outlives the panel, whose dock or window may be closed meanwhile."""

import gc
import weakref

from qtpy.QtCore import QCoreApplication, QEvent, QThreadPool

from napari_deep_prior._napari.layers.source import KEY


def test_hiding_the_dock_changes_nothing(viewer, panel, qtbot, running, stopped):
    panel.parent().hide()
    at = running.made[0].at
    qtbot.waitUntil(lambda: running.made[0].at > at + 10, timeout=10000)
    stopped(panel)


def test_closing_the_dock_keeps_the_result_so_far(viewer, panel, qtbot, running):
    panel.parent().destroyOnClose()  # what its x does
    qtbot.waitUntil(lambda: not panel._held.active, timeout=10000)
    assert viewer.layers["cells · denoised"].data is running.made[0].result.image
    assert KEY in viewer.layers["cells · denoised"].metadata


def test_a_deleted_dock_loses_no_result(viewer, dock, fake, image, qtbot):
    fake.steps, fake.pause = 4000, 0.01
    panel = dock(viewer)
    viewer.add_image(image, name="cells")
    panel.run()
    qtbot.waitUntil(lambda: bool(fake.made) and fake.made[0].at > 0, timeout=10000)
    held = panel._held
    panel.parent().destroyOnClose()
    panel.deleteLater()
    del panel
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    qtbot.waitUntil(lambda: not held.active, timeout=10000)
    assert KEY in viewer.layers["cells · denoised"].metadata


def test_closing_the_viewer_ends_the_thread(dock, fake, image, qtbot, make_napari_viewer):
    fake.steps, fake.pause = 4000, 0.01
    viewer = make_napari_viewer()
    panel = dock(viewer)
    viewer.add_image(image, name="cells")
    panel.run()
    qtbot.waitUntil(lambda: bool(fake.made) and fake.made[0].at > 0, timeout=10000)
    del panel
    viewer.close()
    assert QThreadPool.globalInstance().waitForDone(5000)
    qtbot.wait(100)
    assert len(viewer.layers) == 0


def test_the_next_run_frees_the_last_fit(viewer, panel, image, run_to_end, fake):
    viewer.add_image(image)
    run_to_end(panel)
    last = weakref.ref(fake.made.pop())
    run_to_end(panel)
    gc.collect()
    assert last() is None
