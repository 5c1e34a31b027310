"""Several layers are restored while no panel is open."""

from __future__ import annotations

import numpy as np
import pytest


@pytest.fixture
def channels(viewer, image):
    """Two channels, both selected."""
    layers = viewer.add_image(np.stack([image, image + 1]), channel_axis=0, name=["a", "c"])
    viewer.layers.selection = set(layers)
    return layers


def done(panel, qtbot):
    qtbot.waitUntil(lambda: "restored" in panel.status.message.text(), timeout=60000)
    return panel.status.message.text()


def test_a_closed_panel_ends_no_queue(viewer, dock, channels, qtbot, fake):
    fake.lingers = 0
    panel = dock(viewer)
    panel.buttons.run.click()
    qtbot.waitUntil(lambda: bool(fake.made) and fake.made[0].at > 0, timeout=60000)
    panel.parent().destroyOnClose()
    fake.made[0].go.set()
    qtbot.waitUntil(lambda: len(fake.made) == 2 and fake.made[1].at > 0, timeout=60000)
    again = dock(viewer)
    assert again.buttons.stop.isEnabled()
    fake.made[1].go.set()
    assert done(again, qtbot).startswith("2 of 2 layers are restored.")
    assert [layer.name for layer in viewer.layers] == ["a", "a · denoised", "c", "c · denoised"]


def test_what_ended_behind_a_closed_panel_is_told_to_the_next(viewer, dock, channels, qtbot, fake):
    fake.lingers = 0
    panel = dock(viewer)
    held = panel._held
    panel.buttons.run.click()
    qtbot.waitUntil(lambda: bool(fake.made) and fake.made[0].at > 3, timeout=60000)
    panel.parent().destroyOnClose()
    fake.fails = RuntimeError("The card fell off.")
    fake.made[0].go.set()
    qtbot.waitUntil(lambda: len(fake.made) == 2 and not held.active, timeout=60000)
    words = done(dock(viewer), qtbot)
    assert words.startswith("1 of 2 layers is restored. 'c' is not:")
    assert "The card fell off." in words
