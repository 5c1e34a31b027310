"""Run, Stop, Resume, Try: which may be pressed when."""

import pytest
from qtpy.QtWidgets import QPushButton

from napari_deep_prior._napari.widgets.run_buttons import Buttons


@pytest.fixture
def pressed():
    return []


@pytest.fixture
def buttons(qtbot, pressed):
    made = Buttons(*(lambda name=name: pressed.append(name) for name in ("run", "stop", "cancel", "resume", "try")))
    qtbot.addWidget(made)
    return made


def enabled(buttons):
    names = ("run", "stop", "cancel", "resume", "try_view")
    return [name for name in names if getattr(buttons, name).isEnabled()]


def test_each_does_its_own(buttons, pressed):
    buttons.idle(resumable=True)
    for button in (buttons.run, buttons.resume, buttons.try_view):
        button.click()
    buttons.running()
    buttons.stop.click()
    buttons.cancel.click()
    assert pressed == ["run", "resume", "try", "stop", "cancel"]


def test_only_what_can_be_done_can_be_pressed(buttons):
    assert enabled(buttons) == ["run", "try_view"]
    buttons.running()
    assert enabled(buttons) == ["stop", "cancel"]
    buttons.ending()
    assert enabled(buttons) == []
    assert buttons.stop.text() == "Stopping…"
    buttons.idle(resumable=True)
    assert enabled(buttons) == ["run", "resume", "try_view"]
    assert buttons.stop.text() == "Stop"


def test_resume_names_what_it_goes_on_with_where_that_is_not_all(buttons):
    buttons.idle(resumable=True, extends="plane 3")
    assert buttons.resume.text() == "Resume plane 3"
    buttons.idle(resumable=True)
    assert buttons.resume.text() == "Resume"


def test_another_button_joins_those_in_sight(buttons):
    button = QPushButton("Hold")
    buttons.join(button)
    assert buttons.isAncestorOf(button)


def test_keys_press_what_is_there(buttons):
    assert buttons.keys == {"Ctrl+Return": buttons.run, "Esc": buttons.stop, "Ctrl+Shift+Return": buttons.resume}
