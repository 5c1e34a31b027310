"""All sections together."""

from __future__ import annotations

from qtpy.QtWidgets import QScrollArea


def test_the_panel_with_all_sections_open_is_narrow(viewer, panel, image, run_to_end):
    viewer.add_image(image)
    run_to_end(panel)
    for section in panel.sections.folds.values():
        section.button.setChecked(True)
    panel.sections["Compare"].modes["curtain"].click()
    area = panel.findChild(QScrollArea)
    assert area.widget().minimumSizeHint().width() <= 300
    panel.sections.leave()
