"""Runs under way, and their end."""

import pytest


@pytest.fixture
def running(viewer, panel, image, qtbot, fake):
    """A run that would go on for long, seen to be under way."""
    fake.steps, fake.pause = 4000, 0.01
    viewer.add_image(image, name="cells")
    panel.buttons.run.click()
    qtbot.waitUntil(lambda: panel.status.times.text() != "", timeout=60000)
    yield fake
    for fit in fake.made:
        fit.stop()
    qtbot.waitUntil(lambda: not panel._held.active, timeout=60000)


@pytest.fixture
def stopped(qtbot):
    """Press Stop and wait for the end."""

    def stop(panel) -> None:
        panel.buttons.stop.click()
        assert panel.buttons.stop.text() == "Stopping…"
        qtbot.waitUntil(lambda: panel.buttons.run.isEnabled(), timeout=60000)
        assert panel.buttons.stop.text() == "Stop"

    return stop
