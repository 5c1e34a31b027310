"""The strip of planes: what is restored, where a run is, where one looks; nothing moves unasked."""

import numpy as np
import pytest
from qtpy.QtCore import QPoint, Qt
from qtpy.QtTest import QTest


@pytest.fixture
def film(shown, image):
    """Four times of three depths, seen at t 2, z 1: plane 7, counted from 0."""
    viewer, panel = shown
    layer = viewer.add_image(np.stack([image] * 12).reshape(4, 3, *image.shape), name="film", axis_labels=tuple("tzyx"))
    viewer.dims.set_point((0, 1), (2, 1))
    return viewer, panel, layer


@pytest.fixture
def begun(film, fake, qtbot):
    """A run that stays at the plane it begins with, until told."""
    viewer, panel, _ = film
    fake.lingers = 7
    panel.buttons.run.click()
    qtbot.waitUntil(lambda: "plane 8 of 12" in panel.status.steps.text(), timeout=60000)
    yield viewer, panel, fake.made[-1]
    for fit in fake.made:
        fit.go.set()
        fit.stop()
    qtbot.waitUntil(lambda: not panel._held.active, timeout=60000)


def restored(panel):
    return sorted(panel.status.strip.restored)


def test_a_stack_begins_with_the_plane_in_view_and_says_where(begun, qtbot):
    viewer, panel, fit = begun
    assert fit.first == 7
    assert panel.status.steps.text().startswith("t 2 · z 1 (plane 8 of 12)")
    assert panel.status.strip.isVisible()
    assert not panel.status.strip.show_now.isVisible(), "it is in view"
    assert restored(panel) == []
    fit.go.set()
    qtbot.waitUntil(lambda: panel.buttons.run.isEnabled(), timeout=60000)
    assert [plane["plane"] for plane in viewer.layers[-1].metadata["napari-deep-prior"]["planes"]][:3] == [7, 8, 9]
    assert restored(panel) == list(range(12))
    assert panel.status.strip.now is None


def test_the_viewer_moves_to_the_plane_that_is_drawn_when_asked(begun):
    viewer, panel, _ = begun
    viewer.dims.set_point((0, 1), (0, 0))
    assert panel.status.strip.show_now.isVisible()
    assert tuple(viewer.dims.current_step[:2]) == (0, 0), "it does not move by itself"
    QTest.mouseClick(panel.status.strip.show_now, Qt.MouseButton.LeftButton)
    assert tuple(viewer.dims.current_step[:2]) == (2, 1)
    assert not panel.status.strip.show_now.isVisible()


def test_a_click_on_the_strip_shows_that_plane(begun):
    viewer, panel, _ = begun
    bar = panel.status.strip.bar
    QTest.mouseClick(bar, Qt.MouseButton.LeftButton, pos=QPoint(round(4.5 / 12 * bar.width()), 5))
    assert tuple(viewer.dims.current_step[:2]) == (1, 1)


def test_the_strip_has_a_high_cell_for_what_is_restored_and_a_low_one_for_the_original(film, fake, qtbot):
    viewer, panel, _ = film
    fake.lingers = 9
    panel.buttons.run.click()
    qtbot.waitUntil(lambda: "plane 10 of 12" in panel.status.steps.text(), timeout=60000)
    panel.buttons.stop.click()
    fake.made[-1].go.set()
    qtbot.waitUntil(lambda: panel.buttons.run.isEnabled(), timeout=60000)
    strip = panel.status.strip
    assert restored(panel) == [7, 8, 9]
    picture = strip.bar.grab().toImage()
    ratio, middle = picture.devicePixelRatio(), strip.bar.width() / 12
    top = [picture.pixelColor(round((n + 0.5) * middle * ratio), round(3 * ratio)).name() for n in range(12)]
    assert len({top[n] for n in (7, 8, 9)} & {top[n] for n in (0, 3, 11)}) == 0
    viewer.add_image(np.zeros((4, 5)), name="other")
    panel.problem.image.value = viewer.layers["other"]
    assert not strip.isVisible(), "it is of another image"
    panel.problem.image.value = viewer.layers["film"]
    assert restored(panel) == [7, 8, 9]
    assert strip.isVisible()


def test_a_single_image_has_no_strip(shown, image, run_to_end):
    viewer, panel = shown
    viewer.add_image(image, name="cells")
    run_to_end(panel)
    assert not panel.status.strip.isVisible()
