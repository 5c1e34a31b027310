"""A try on what is seen."""

from __future__ import annotations

import numpy as np
import pytest

from napari_deep_prior._napari.layers.source import finest

TILTED = {
    "scale": (0.2, 0.3), "translate": (5, 7), "rotate": 30, "shear": [0.1], "units": ("um", "um"),
    "affine": [[1, 0.2, 3], [0.1, 1.3, 4], [0, 0, 1]],
}  # fmt: skip


def test_a_try_restores_what_is_seen_exactly_where_it_lies(viewer, panel, qtbot, fake):
    big = np.random.default_rng(0).integers(0, 200, (600, 500)).astype(np.uint16)
    source = viewer.add_image(big, **TILTED)
    panel.basic.fill({"seconds": 60.0})
    source.corner_pixels = np.array([[100, 50], [199, 169]])
    panel.buttons.try_view.click()
    qtbot.waitUntil(lambda: panel.buttons.run.isEnabled(), timeout=60000)
    tried = viewer.layers[-1]
    assert tried.name.endswith("try · balanced")
    assert tried.data.shape == (100, 120)
    assert (tried.data == big[100:200, 50:170] + 8).all()
    for pixel in [(0, 0), (99, 119), (40, 7)]:
        assert tried.data_to_world(pixel) == pytest.approx(source.data_to_world(np.add(pixel, (100, 50))))
    assert fake.made[0].settings.seconds == 5
    assert "Run restores the whole image" in panel.status.message.text()
    panel.buttons.run.click()
    qtbot.waitUntil(lambda: panel.buttons.run.isEnabled(), timeout=60000)
    assert viewer.layers[-1].data.shape == big.shape
    assert fake.made[1].settings.seconds == 60


@pytest.mark.parametrize("multiscale", [False, True])
def test_of_a_stack_a_try_takes_the_plane_on_screen(viewer, panel, qtbot, multiscale):
    stack = np.random.default_rng(0).integers(0, 200, (4, 400, 300)).astype(np.uint16)
    data = [stack, stack[:, ::2, ::2]] if multiscale else stack
    source = viewer.add_image(data, multiscale=multiscale, scale=(2, 1, 1), axis_labels=("z", "y", "x"))
    viewer.dims.set_point(0, 4)
    panel.buttons.try_view.click()
    qtbot.waitUntil(lambda: panel.buttons.run.isEnabled(), timeout=60000)
    tried = viewer.layers[-1]
    assert tried.data.shape[0] == 1
    assert max(tried.data.shape) <= 256
    corner = np.rint(source.world_to_data(tried.data_to_world((0, 0, 0)))).astype(int)
    assert corner[0] == 2
    rows, columns = tried.data.shape[1:]
    expected = stack[2, corner[1] : corner[1] + rows, corner[2] : corner[2] + columns] + 8
    assert (finest(tried)[0] == expected).all()


def test_of_a_volume_a_try_takes_the_planes_around_the_one_on_screen(viewer, panel, qtbot, fake):
    stack = np.random.default_rng(0).integers(0, 200, (40, 90, 80)).astype(np.uint16)
    viewer.add_image(stack, name="cells", axis_labels=("z", "y", "x"))
    viewer.dims.set_current_step(0, 30)
    panel.advanced.fill({"volume": True})
    panel.buttons.try_view.click()
    qtbot.waitUntil(lambda: panel.buttons.run.isEnabled(), timeout=60000)
    assert fake.made[0].image.shape[0] == 16
    tried = viewer.layers["cells · denoised · try · balanced, volume True"]
    assert tried.data.shape[0] == 16
    assert tried.data_to_world((8, 0, 0))[0] == 30
