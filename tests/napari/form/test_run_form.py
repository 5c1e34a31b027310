"""Everything that is chosen before Run, and how it comes back."""

import numpy as np
import pytest

from napari_deep_prior._napari.remembered import NAME
from napari_deep_prior.core.tasks import TASKS

WITHOUT, WITH = list(TASKS)[:2]


def masked(viewer, image):
    mask = np.zeros(image.shape, np.uint8)
    mask[:4] = 1
    return viewer.add_labels(mask, name="gap")


def test_the_last_values_come_back_per_task_and_the_next_day(
    viewer, panel, reopened, image, run_to_end, settings_folder
):
    viewer.add_image(image, name="cells")
    panel.advanced.fill({"input_noise": 0.1})
    run_to_end(panel)
    gap = masked(viewer, image)
    panel.problem.labels.value = gap
    panel.problem.form.fill({"keep_known": False})
    panel.advanced.fill({"input_noise": 0.2})
    run_to_end(panel)
    panel.problem.task.value = WITHOUT
    assert panel.advanced.values()["input_noise"] == pytest.approx(0.1)
    panel.problem.task.value = WITH
    assert panel.advanced.values()["input_noise"] == pytest.approx(0.2)

    assert (settings_folder / NAME).is_file()
    tomorrow = reopened(panel)
    assert tomorrow.advanced.values()["input_noise"] == pytest.approx(0.1)
    tomorrow.problem.task.value = WITH
    assert tomorrow.problem.form.values()["keep_known"] is False


def test_the_device_line_says_what_and_why(panel):
    assert panel.device.text().startswith("Computes on ")
    panel.advanced.fill({"device": "cpu"})
    assert "You chose it" in panel.device.toolTip()
    assert "cores" in panel.device.toolTip()


def test_advanced_is_closed_at_first(panel, qtbot):
    panel.show()
    assert not panel.advanced.isVisible()
    panel.form.section.button.click()
    assert panel.advanced.isVisibleTo(panel)


def test_what_is_missing_is_said_at_once(viewer, panel, image, fake):
    viewer.add_image(image, name="cells")
    panel.problem.task.value = "deconvolve"
    panel.problem.form.fill({"blur": "given"})
    panel.buttons.run.click()
    assert "There is no PSF" in panel.status.message.text()
    assert [layer.name for layer in viewer.layers] == ["cells"]
    assert fake.made == []
