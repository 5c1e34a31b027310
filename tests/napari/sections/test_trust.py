"""How far a result can be trusted, said and shown."""

from __future__ import annotations

import numpy as np
import pytest

from napari_deep_prior._napari.layers.source import KEY

TILTED = {
    "scale": (0.2, 0.3), "translate": (5, 7), "rotate": 30, "shear": [0.1], "units": ("um", "um"),
    "affine": [[1, 0.2, 3], [0.1, 1.3, 4], [0, 0, 1]],
}  # fmt: skip


def test_what_speaks_against_a_result_is_said_and_shown(viewer, panel, run_to_end):
    ramp = np.linspace(0, 250, 96 * 80).reshape(96, 80)
    clipped = np.clip(ramp * 1.4 + np.random.default_rng(0).normal(0, 3, ramp.shape), 0, 255).astype(np.uint8)
    source = viewer.add_image(clipped, name="cells", **TILTED)
    trust = panel.sections["Trust"]
    assert not trust.empty.isHidden()
    run_to_end(panel)
    assert trust.empty.isHidden()
    assert "saturated" in trust.warnings.text()
    assert "warning" in panel.sections.folds["Trust"].button.text(), "seen before the section is opened"
    assert not trust.boxes["invented"].isEnabled(), "there are none"
    assert "Noise:" in trust.numbers.text()
    result = viewer.layers[-1]
    for name, box in trust.boxes.items():
        box.setChecked(True)
        shown = viewer.layers[-1]
        assert shown.name.endswith(name)
        assert shown.data_to_world((9, 11)) == pytest.approx(source.data_to_world((9, 11)))
        assert shown.units == source.units
    shown = {layer.name.rsplit(" ", 1)[-1]: layer for layer in viewer.layers[2:]}
    lit = clipped < 255  # what is saturated up to the border was not measured
    assert (shown["residual"].data == clipped - np.asarray(result.data))[lit].all()
    panel.sections["History"].slider.setValue(0)
    panel.sections["History"].keep.click()
    assert (shown["residual"].data[lit] == -1).all(), "they go with the moment that is kept"
    for box in trust.boxes.values():
        box.setChecked(False)
    assert len(viewer.layers) == 2


def test_a_blend_is_shown_and_told_of(viewer, panel, image, run_to_end):
    viewer.add_image(image)
    run_to_end(panel)
    live = viewer.layers[-1]
    panel.sections["Trust"].blend.setValue(25)
    assert live.data == pytest.approx(image + 0.25 * 8)
    assert live.metadata[KEY]["blend"] == 0.25
    panel.sections["Trust"].blend.setValue(100)
    assert (live.data == image + 8).all()
    assert "blend" not in live.metadata[KEY]


def test_where_the_result_has_nothing_the_uncertainty_is_no_zero(viewer, quick_panel, run_to_end):
    """Nothing is known of it, which is not the same as all."""
    registered = np.random.default_rng(0).poisson(50, (48, 40)).astype(np.float32)
    registered[:6] = np.nan
    viewer.add_image(registered, name="registered")
    run_to_end(quick_panel, timeout=60000)
    assert np.isnan(viewer.layers[-1].data[:6]).all()
    for name in ("uncertainty", "residual"):
        quick_panel.sections["Trust"].boxes[name].setChecked(True)
        shown = viewer.layers[-1].data
        assert np.isnan(shown[:6]).all()
        assert np.isfinite(shown[6:]).all()


def test_colours_are_shown_as_one_value_per_pixel(viewer, panel, run_to_end):
    viewer.add_image(np.random.default_rng(0).integers(0, 200, (24, 32, 3)).astype(np.uint8), rgb=True)
    run_to_end(panel)
    for name, box in panel.sections["Trust"].boxes.items():
        box.setChecked(True)
        assert viewer.layers[-1].data.shape == (24, 32), name


def test_the_ground_of_the_curve_is_that_of_the_theme(shown, image, run_to_end):
    viewer, panel = shown
    viewer.add_image(image)
    run_to_end(panel)
    plot = panel.sections["Curve"].plot
    for theme in ("light", "dark"):
        viewer.theme = theme
        brightness = plot.backgroundBrush().color().lightness()
        assert (brightness > 127) == (theme == "light")
        assert plot.grab().toImage().pixelColor(2, 2).lightness() == pytest.approx(brightness, abs=12), (
            "seen, not only set"
        )
