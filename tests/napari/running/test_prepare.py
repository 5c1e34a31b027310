"""What a run works on: companions on the image's grid, settings, and the type of the result."""

from __future__ import annotations

import numpy as np


def test_a_mask_in_other_pixels_is_matched(viewer, panel, image, run_to_end, fake):
    viewer.add_image(image, name="cells", scale=(0.5, 0.5))
    mask = np.zeros((6, 16), np.uint8)
    mask[2:4, 4:8] = 1
    panel.problem.labels.value = viewer.add_labels(mask, scale=(1, 1), translate=(0.25, 0.25))
    run_to_end(panel)
    found = next(iter(fake.made[0].task.companions().values()))
    assert found.shape == image.shape
    assert found[4:8, 8:16].all()
    assert found.sum() == 4 * 8
    assert "covers 50 % of the image" in panel.status.message.text()


def test_a_mask_elsewhere_is_refused_and_run_is_ready_again(viewer, panel, image, run_to_end):
    viewer.add_image(image, name="cells")
    panel.problem.labels.value = viewer.add_labels(np.ones((4, 4), np.uint8), translate=(500, 0))
    run_to_end(panel)
    assert "does not overlap 'cells'" in panel.status.message.text()
    assert len(viewer.layers) == 2
    assert panel.buttons.run.isEnabled()


def test_colour_integers_stay_integers(viewer, panel, run_to_end):
    photo = np.random.default_rng(0).integers(0, 256, (24, 32, 3)).astype(np.uint8)
    viewer.add_image(photo, name="photo", rgb=True)
    run_to_end(panel)
    result = viewer.layers[-1]
    assert result.rgb
    assert result.data.dtype == np.uint8
    assert (result.data == np.clip(photo.astype(int) + 8, 0, 255)).all()


def test_the_input_s_type_on_wish(viewer, panel, image, run_to_end):
    viewer.add_image(image)
    panel.output.fill({"dtype": "input"})
    run_to_end(panel)
    assert viewer.layers[-1].data.dtype == image.dtype


def test_the_form_s_settings_reach_the_fit(viewer, panel, image, run_to_end, fake):
    viewer.add_image(image)
    panel.basic.fill({"preset": "fast", "seconds": 3.0})
    panel.advanced.fill({"seed": 7, "iterations": 11})
    run_to_end(panel)
    settings = fake.made[0].settings.as_dict()
    assert (settings["preset"], settings["seconds"], settings["seed"], settings["iterations"]) == ("fast", 3.0, 7, 11)


def test_a_result_that_is_restored_again_is_told_of(viewer, panel, image, run_to_end):
    viewer.add_image(image, name="cells")
    run_to_end(panel)
    assert "already a result" not in panel.sections["Trust"].warnings.text()
    panel.problem.image.value = viewer.layers["cells · denoised"]
    run_to_end(panel)
    assert "This image is already a result" in panel.sections["Trust"].warnings.text()
