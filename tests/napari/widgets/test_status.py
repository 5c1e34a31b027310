"""The words and figures of the status lines."""

from napari_deep_prior._napari.widgets import status
from napari_deep_prior._napari.widgets.plane_strip import PlaneStrip
from napari_deep_prior.core.results import Snapshot

OPEN = Snapshot(
    plane=0, planes=1, index=(), iteration=50, iterations_left=None, seconds=10, loss=1, held_out=None, image=None
)


def test_a_run_without_a_foreseeable_end_is_shown_as_busy(qtbot, viewer):
    panel = status.StatusPanel(PlaneStrip(viewer, lambda: None))
    qtbot.addWidget(panel)
    panel.show_progress(OPEN)
    assert (panel.bar.minimum(), panel.bar.maximum()) == (0, 0)
    assert panel.steps.text() == "Iteration 50 · 5.0 a second"
    assert "left" not in panel.times.text()
