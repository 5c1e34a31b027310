"""What holds for every section, those to come included."""

from types import SimpleNamespace

import pytest
from qtpy.QtWidgets import QLabel

from napari_deep_prior._napari.sections._base import Section
from napari_deep_prior._napari.sections.stack import SECTIONS


class Plain(Section):
    """The least a section is."""

    title, tooltip, promise = "Plain", "Nothing much.", "Something will be here."


def test_a_section_says_what_will_be_in_it_until_that_is_there(qtbot):
    section, content = Plain(SimpleNamespace()), QLabel("there")
    qtbot.addWidget(section)
    section.contain(content)
    assert section.empty.text() == Plain.promise
    assert section.empty.isVisibleTo(section)
    assert not content.isVisibleTo(section)
    section.show_content(True)
    assert not section.empty.isVisibleTo(section)
    assert content.isVisibleTo(section)


def test_a_section_knows_the_layer_of_the_run_it_follows_as_long_as_there_is_one(qtbot):
    section = Plain(SimpleNamespace())
    qtbot.addWidget(section)
    assert section.layer is None
    run = SimpleNamespace(live=SimpleNamespace(layer="layer"))
    section.follow(run, "image")
    assert (section.run, section.image, section.layer) == (run, "image", "layer")
    run.live = None
    assert section.layer is None


@pytest.mark.parametrize("kind", SECTIONS)
def test_every_section_promises_first_and_shows_something_once_a_run_has_ended(viewer, panel, image, run_to_end, kind):
    section = panel.sections[kind.title]
    assert isinstance(section, kind)
    assert kind.tooltip.endswith(".")
    assert section.empty.isVisibleTo(section)
    viewer.add_image(image, name="cells")
    run_to_end(panel)
    panel.sections.folds[kind.title].button.setChecked(True)
    assert not section.empty.isVisibleTo(section)
    assert section.layer == viewer.layers["cells · denoised"]
