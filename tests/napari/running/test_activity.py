"""The run in napari's activity dock."""

from napari.utils import progress
from qtpy.QtWidgets import QApplication, QLabel

from napari_deep_prior._napari.running.activity import Activity


def bars():
    return {bar.desc.removesuffix(": "): bar for bar in progress._all_instances}


def speeds():
    """Of the turning signs of all windows."""
    signs = [label.movie() for label in QApplication.allWidgets() if isinstance(label, QLabel) and label.movie()]
    return [sign.speed() for sign in signs]


def test_a_run_is_in_the_activity_dock_until_it_ends(viewer, panel, image, qtbot, fake):
    fake.steps, fake.pause = 400, 0.01
    viewer.add_image(image, name="cells")
    panel.buttons.run.click()
    qtbot.waitUntil(lambda: "cells · denoised" in bars() and bars()["cells · denoised"].n > 0, timeout=60000)
    assert speeds() == [2], "as it comes, the sign has the whole window drawn thirty times a second"
    panel.buttons.stop.click()
    qtbot.waitUntil(lambda: panel.buttons.run.isEnabled(), timeout=60000)
    assert "cells · denoised" not in bars()
    assert speeds() == [100]


def test_a_bar_never_goes_back(viewer, qtbot):
    activity = Activity("work")
    activity.show(0.5)
    activity.begin()
    assert "work" not in bars(), "not within the click that begins a run: it takes napari too long"
    qtbot.waitUntil(lambda: "work" in bars(), timeout=60000)
    for done, shown in ((0.25, 250), (None, 250), (0.5, 500), (0.4, 500)):
        activity.show(done)
        assert bars()["work"].n == shown
    activity.end()
    activity.end()
    assert "work" not in bars()


def test_what_ends_at_once_leaves_no_bar(viewer, qtbot):
    activity = Activity("work")
    activity.begin()
    activity.end()
    qtbot.wait(150)
    assert "work" not in bars()
