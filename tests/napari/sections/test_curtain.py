"""The curtain on the picture: its line is where its edge is, is dragged by the mouse, and leaves nothing."""

from __future__ import annotations

import numpy as np
import pytest
from qtpy.QtCore import QEvent, QPoint, QPointF, Qt
from qtpy.QtGui import QMouseEvent
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication

from napari_deep_prior._napari.sections.curtain import camera_of

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def drawn(make_napari_viewer, dock, image, run_to_end):
    """A window on the screen with a curtain over half of a result."""
    viewer = make_napari_viewer(show=True)
    panel = dock(viewer)
    viewer.add_image(image, name="cells", scale=(2, 3), translate=(5, 7))
    run_to_end(panel)
    panel.sections.folds["Compare"].button.setChecked(True)
    compare = panel.sections["Compare"]
    compare.modes["curtain"].click()
    return viewer, compare


def edge(viewer):
    return viewer.layers["cells | edge"]


def on_canvas(viewer, world):
    """Where a place of the world is on the canvas."""
    canvas = viewer.window._qt_viewer.canvas.native
    camera, middle = camera_of(viewer), np.array([canvas.height(), canvas.width()]) / 2
    row, column = (np.asarray(world) - np.asarray(camera.center[-2:])) * camera.zoom + middle
    return canvas, QPoint(round(column), round(row))


def drag(viewer, qtbot, start, end):
    for step, at in enumerate((start, start, end, end)):
        canvas, place = on_canvas(viewer, at)
        held = LEFT if step > 1 else Qt.MouseButton.NoButton
        none, everywhere = Qt.MouseButton.NoButton, canvas.mapToGlobal(place)
        move = QMouseEvent(
            QEvent.Type.MouseMove, QPointF(place), QPointF(everywhere), none, held, Qt.KeyboardModifier.NoModifier
        )
        QApplication.sendEvent(canvas, move)
        qtbot.wait(20)
        if step == 1:
            QTest.mousePress(canvas, LEFT, pos=place)
    QTest.mouseRelease(canvas, LEFT, pos=place)
    qtbot.wait(200)  # napari hears of the camera when it draws


def test_the_line_is_at_the_edge_over_the_whole_height(drawn, image):
    viewer, _ = drawn
    source, (line,) = viewer.layers["cells"], edge(viewer).data
    columns = viewer.layers["cells | before"].data.shape[1]
    assert columns == image.shape[1] // 2
    np.testing.assert_allclose(line[0], source.data_to_world((-0.5, columns - 0.5)))
    np.testing.assert_allclose(line[1], source.data_to_world((image.shape[0] - 0.5, columns - 0.5)))


def test_it_is_dragged_by_its_line_and_the_picture_stays(drawn, qtbot, image):
    viewer, compare = drawn
    source, camera = viewer.layers["cells"], camera_of(viewer)
    here = np.asarray(camera.center)
    start, end = (source.data_to_world((12, column - 0.5)) for column in (16, 24))
    drag(viewer, qtbot, start, end)
    assert viewer.layers["cells | before"].data.shape[1] == pytest.approx(24, abs=1)
    assert compare.slider.value() == pytest.approx(750, abs=40)
    np.testing.assert_allclose(camera.center, here)
    np.testing.assert_allclose(edge(viewer).data[0][0, 1], source.data_to_world((0, 23.5))[1], atol=3)


def test_elsewhere_the_mouse_has_its_usual_meaning(drawn, qtbot):
    viewer, _ = drawn
    source, camera = viewer.layers["cells"], camera_of(viewer)
    drag(viewer, qtbot, source.data_to_world((12, 15.5)), source.data_to_world((12, 15.5)))
    assert not camera.mouse_pan
    drag(viewer, qtbot, source.data_to_world((12, 5)), source.data_to_world((12, 10)))
    assert viewer.layers["cells | before"].data.shape[1] == 16
    assert camera.mouse_pan


def test_nothing_of_it_is_left(drawn, qtbot):
    viewer, compare = drawn
    hovering = len(viewer.mouse_move_callbacks), len(viewer.mouse_drag_callbacks)
    canvas, place = on_canvas(viewer, viewer.layers["cells"].data_to_world((12, 15.5)))
    QTest.mouseMove(canvas, place)
    compare.modes["curtain"].click()
    assert [layer.name for layer in viewer.layers] == ["cells", "cells · denoised"]
    assert (len(viewer.mouse_move_callbacks), len(viewer.mouse_drag_callbacks)) == (hovering[0] - 1, hovering[1] - 1)
    assert camera_of(viewer).mouse_pan


def test_along_axes_that_are_not_the_last_two_there_is_no_line(viewer, panel, image, run_to_end):
    viewer.add_image(np.stack([image] * 3), name="stack", axis_labels=("t", "y", "x"))
    run_to_end(panel)
    viewer.dims.order = (1, 0, 2)
    panel.sections.folds["Compare"].button.setChecked(True)
    panel.sections["Compare"].modes["curtain"].click()
    assert "stack | before" in viewer.layers
    assert "stack | edge" not in viewer.layers
