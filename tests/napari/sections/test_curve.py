"""The learning curve in a real window."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from napari.settings import get_settings
from napari.utils.theme import get_theme

from napari_deep_prior._napari.sections.curve import UNFITTED
from napari_deep_prior._napari.sections.curve_data import CurveData


def test_the_curve_follows_the_run_and_marks_what_is_kept(shown, image, run_to_end, fake):
    viewer, panel = shown
    curve = panel.sections["Curve"]
    assert not curve.empty.isHidden(), "says what will be here"
    viewer.add_image(image)
    steps = []
    append = curve.data.add.__func__

    def noted(self, snapshot):
        append(self, snapshot)
        steps.append(list(self.steps))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(CurveData, "add", noted)
        run_to_end(panel)
    assert steps, "at least the first picture brings a point; on a busy machine no other is drawn"
    for before, after in zip([[], *steps], steps, strict=False):
        assert after[:-1] == before, "each picture adds its own point to those before"
    assert curve.empty.isHidden()
    assert "kept (step 8)" in curve.legend.text().replace("&nbsp;", " ")
    axis = curve.plot.getAxis("left")
    assert axis.labelText == "misfit / noise"
    before = axis.pen().color()
    viewer.theme = "light" if viewer.theme == "dark" else "dark"
    assert axis.pen().color() != before
    assert f"color:{get_theme(viewer.theme).text.as_hex()}" in axis.label.toHtml().replace(" ", ""), (
        "its words are seen too"
    )


def test_after_a_film_that_one_network_has_drawn_its_curve_is_there_still(viewer, quick_panel, run_to_end):
    film = np.random.default_rng(0).poisson(50, (3, 32, 40)).astype(np.uint16)
    viewer.add_image(film, name="film", axis_labels=("t", "y", "x"))
    quick_panel.advanced.fill({"network": "shared"})
    run_to_end(quick_panel, timeout=60000)
    curve = quick_panel.sections["Curve"]
    assert curve.empty.isHidden()
    assert curve.data.steps[-1] == curve.data.kept == 4


def test_where_nothing_was_fitted_it_is_said(viewer, panel, image, run_to_end, fake, monkeypatch):
    fitted = fake._reports
    monkeypatch.setattr(
        fake, "_reports", lambda fit, last: tuple(dataclasses.replace(r, curve=()) for r in fitted(fit, last))
    )
    viewer.add_image(image, name="cells")
    run_to_end(panel)
    curve = panel.sections["Curve"]
    assert not curve.empty.isHidden()
    assert curve.empty.text() == UNFITTED


def test_its_letters_are_as_large_as_those_of_the_panel(shown, image, run_to_end, monkeypatch, qtbot):
    viewer, panel = shown
    viewer.add_image(image)
    run_to_end(panel)
    curve, appearance = panel.sections["Curve"], get_settings().appearance
    axis = curve.plot.getAxis("left")
    small = axis.width()
    monkeypatch.setattr(appearance, "font_size", 2 * appearance.font_size)
    qtbot.waitUntil(lambda: axis.width() > 1.5 * small, timeout=60000)
    assert axis.style["tickFont"] == curve.legend.font()
    assert f"font-size:{curve.legend.fontInfo().pointSizeF():g}pt" in axis.label.toHtml()
