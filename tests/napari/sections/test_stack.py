"""All sections together."""

from __future__ import annotations

import numpy as np
import pytest
from qtpy.QtWidgets import QScrollArea

from napari_deep_prior._napari.layers.source import KEY
from napari_deep_prior._napari.sharing.save_button import saved


def test_the_panel_with_all_sections_open_is_narrow(viewer, panel, image, run_to_end):
    viewer.add_image(image)
    run_to_end(panel)
    for section in panel.sections.folds.values():
        section.button.setChecked(True)
    panel.sections["Compare"].modes["curtain"].click()
    area = panel.findChild(QScrollArea)
    assert area.widget().minimumSizeHint().width() <= 300
    panel.sections.leave()


def told(panel):
    """What each section shows of a result: whose they are, the step that is kept, moments, warnings."""
    sections = panel.sections
    history = sections["History"]
    moments = history.slider.maximum() if history.empty.isHidden() else 0
    return sections.whose.text(), sections["Curve"].shown.kept, moments, sections["Trust"].note


@pytest.fixture
def two(viewer, panel, image, run_to_end, fake):
    """A result of 12 steps with saturated pixels, and one of 8 steps without, which is the last."""
    ramp = np.linspace(0, 350, 96 * 80).reshape(96, 80)
    clipped = np.clip(ramp + np.random.default_rng(0).normal(0, 3, ramp.shape), 0, 255).astype(np.uint8)
    a, b = viewer.add_image(clipped, name="A"), viewer.add_image(image, name="B")
    for source, fake.steps in ((a, 12), (b, 8)):
        panel.problem.image.value = source
        run_to_end(panel)
    return viewer.layers["A · denoised"], viewer.layers["B · denoised"]


def test_the_sections_speak_of_the_selected_result_and_say_so(viewer, panel, two):
    a, b = two
    last = told(panel)
    assert last[:2] == ("About 'B · denoised':", 8)
    assert last[2] > 0
    viewer.layers.selection.active = a
    whose, kept, moments, note = told(panel)
    assert (whose, kept, moments) == ("About 'A · denoised':", 12, 0)
    assert note.startswith("⚠")
    assert note != last[3]
    trust = panel.sections["Trust"]
    assert "saturated" in trust.warnings.text()
    assert "Noise:" in trust.numbers.text()
    assert not trust.boxes["residual"].isVisibleTo(trust), "layers are made for the last run only"
    assert "none of 'A · denoised' any more" in panel.sections["History"].empty.text()
    a.name = "renamed"
    assert panel.sections.whose.text() == "About 'renamed':"
    viewer.layers.selection.active = viewer.layers["B"]
    assert told(panel)[1:] == (kept, moments, note), "what is no result changes nothing"
    viewer.layers.selection.active = b
    assert told(panel) == last
    assert trust.boxes["residual"].isVisibleTo(trust)


def test_a_result_that_is_gone_is_spoken_of_no_more(viewer, panel, two):
    last = told(panel)
    viewer.layers.selection.active = two[0]
    viewer.layers.remove(two[0])
    assert told(panel) == last


def test_what_was_said_of_a_result_goes_with_it_and_comes_back_with_it(viewer, panel, two, qtbot):
    """Nothing of it is beside the next image."""
    promised = {title: section.promise for title, section in panel.sections._sections.items()}
    last, (first, second) = told(panel), two
    viewer.layers.remove(second)
    assert told(panel) == ("", None, 0, "")
    for title, section in panel.sections._sections.items():
        assert not section.empty.isHidden()
        assert section.empty.text() == promised[title]
    viewer.layers.selection.active = first
    assert told(panel)[:2] == ("About 'A · denoised':", 12), "another one is there still"
    panel.problem.image.value = viewer.layers["B"]
    panel.buttons.resume.click()
    qtbot.waitUntil(lambda: panel.buttons.run.isEnabled(), timeout=60000)
    whose, kept, moments, _ = told(panel)
    assert whose == "About 'B · denoised':"
    assert kept == 16
    assert moments >= last[2]


def test_an_earlier_moment_is_not_left_on_show_where_nothing_says_so(viewer, panel, two):
    a, b = two
    result = np.array(b.data)
    panel.sections["History"].slider.setValue(0)
    assert (b.data != result).any()
    viewer.layers.selection.active = a
    assert (b.data == result).all()


def test_a_run_is_followed_while_another_result_is_looked_at(viewer, panel, two, qtbot, fake):
    fake.steps, fake.pause = 4000, 0.01
    panel.buttons.run.click()
    qtbot.waitUntil(lambda: panel.sections.whose.text() == "About 'B · denoised [1]':")
    viewer.layers.selection.active = two[0]
    qtbot.waitUntil(lambda: len(panel.sections["Curve"].data.steps) > 1, timeout=60000)
    assert told(panel)[:3] == ("About 'A · denoised':", 12, 0)
    viewer.layers.selection.active = viewer.layers["B · denoised [1]"]
    assert panel.sections.whose.text() == "About 'B · denoised [1]':"
    assert len(panel.sections["Curve"].shown.steps) > 1
    viewer.layers.selection.active = two[0]
    panel.buttons.stop.click()
    qtbot.waitUntil(lambda: panel.buttons.run.isEnabled(), timeout=60000)
    assert told(panel)[:3] == ("About 'A · denoised':", 12, 0)


def test_a_result_that_is_opened_again_tells_the_same(viewer, panel, two, tmp_path):
    a, _ = two
    viewer.layers.selection.active = a
    _, kept, moments, note = told(panel)
    assert kept == 12
    saved(a, a.metadata[KEY], tmp_path / "out.tif")
    viewer.layers.remove(a)
    viewer.open(tmp_path / "out.tif", plugin="napari")
    viewer.layers.selection.active = viewer.layers["out"]
    assert told(panel) == ("About 'out':", kept, moments, note)


@pytest.mark.parametrize("findings", [None, 3, {"warnings": 3}, {}])
def test_a_record_without_what_is_asked_for_is_said(viewer, panel, image, findings):
    layer = viewer.add_image(image, name="old", metadata={KEY: {"task": {}, "settings": {}, "findings": findings}})
    viewer.layers.selection.active = None
    viewer.layers.selection.active = layer
    assert panel.sections["Curve"].empty.text() == "The record of 'old' has no curve."
    assert panel.sections["Compare"].empty.text() == "The source of 'old' is not open."
    assert not panel.sections["Compare"].hold.isEnabled()
    assert panel.sections["Trust"].note == ""
    assert panel.sections["Trust"].warnings.text()
