"""What a newcomer is told: a wrong number is answered with the right ones, and what was not done is not passed off as done."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from napari_deep_prior.core.data.masks import Masks
from napari_deep_prior.core.tasks import TASKS

IMAGE = np.random.default_rng(0).poisson(40, (24, 32)).astype(np.uint16)


@pytest.fixture
def opened(session):
    """The window with its panel and an image."""
    session.menu("Plugins", "Deep Image Prior")
    session.viewer.add_image(IMAGE, name="cells")
    return session


def test_a_label_that_nothing_has_is_answered_with_those_that_are_there(opened):
    labels = np.zeros(IMAGE.shape, np.uint8)
    labels[4:6, 5:9], labels[12:14, 20:24] = 1, 2
    opened.panel.problem.labels.value = opened.viewer.add_labels(labels, name="painted")
    opened.set(method="auto")
    opened.panel.problem.form.fill({"label": 9})
    opened.click(opened.panel.buttons.run)
    opened.wait_for_end()
    told = "There is nothing to restore in this image: no pixel has the label 9; there are 1 and 2."
    assert opened.panel.status.message.text() == told
    assert [layer.name for layer in opened.viewer.layers] == ["cells", "painted"]
    opened.panel.problem.form.fill({"label": 2})
    opened.click(opened.panel.buttons.run)
    opened.wait_for_end()
    result = opened.viewer.layers["cells · inpainted"].data
    changed = result != IMAGE
    assert changed[labels == 2].any()
    assert not changed[labels != 2].any()


def test_super_resolve_takes_a_camera_s_pixels_and_says_that_the_noise_is_in_it_still(opened):
    opened.panel.problem.task.value = "super-resolve"
    opened.run(method="auto")
    task = TASKS["super-resolve"](**opened.panel.problem.form.values())
    small = torch.from_numpy(IMAGE.astype(np.float32))[None, None]
    fine = torch.rand(1, 1, 48, 64, generator=torch.Generator().manual_seed(0))
    seen = task.forward_model(small, Masks.of(IMAGE[None]))(fine)
    torch.testing.assert_close(seen, fine.unfold(2, 2, 2).unfold(3, 2, 2).mean((-1, -2)))
    assert "noise and all: turn on denoise too" in opened.panel.sections["Trust"].warnings.text()
