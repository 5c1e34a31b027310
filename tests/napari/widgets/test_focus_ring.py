"""A ring about what has the keyboard."""

import pytest
from qtpy.QtCore import Qt

from napari_deep_prior._napari.widgets.focus_ring import FocusRings


def ring(panel):
    """What the ring is about; None without a ring."""
    (rings,) = panel.findChildren(FocusRings)
    return None if rings.ring is None else rings.ring.parentWidget()


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_what_has_the_keyboard_has_a_ring(make_napari_viewer, dock, image, qtbot, theme):
    viewer = make_napari_viewer(show=True)
    panel = dock(viewer)
    viewer.theme = theme
    viewer.add_image(image)
    viewer.window._qt_window.activateWindow()
    qtbot.waitUntil(viewer.window._qt_window.isActiveWindow, timeout=60000)
    first = panel.problem.image.native
    first.setFocus(Qt.FocusReason.MouseFocusReason)
    assert ring(panel) is None, "whoever clicks knows where"
    bare = first.grab().toImage()
    first.setFocus(Qt.FocusReason.OtherFocusReason)
    panel.buttons.run.setFocus(Qt.FocusReason.TabFocusReason)
    assert ring(panel) is panel.buttons.run
    first.setFocus(Qt.FocusReason.BacktabFocusReason)
    assert ring(panel) is first
    qtbot.wait(20)
    ringed = first.grab().toImage()
    edge = first.height() // 2
    assert abs(ringed.pixelColor(1, edge).lightness() - bare.pixelColor(1, edge).lightness()) > 60
    first.clearFocus()
    assert ring(panel) is None
