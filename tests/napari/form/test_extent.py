"""How much of the image is restored: all, the plane in view, or what is seen of it."""

import json

import numpy as np
import pytest

from napari_deep_prior._napari.form.extent import EXTENTS, PART, PLANE, SEEN, settings_in_brief
from napari_deep_prior._napari.layers.source import KEY
from napari_deep_prior.core.settings import Settings


@pytest.fixture
def film(viewer, panel, image):
    """Three moments of four planes; one looks at t 1, z 2."""
    stack = np.stack([image + number for number in range(12)]).reshape(3, 4, *image.shape)
    layer = viewer.add_image(stack, name="film", axis_labels=("t", "z", "y", "x"), scale=(2, 1, 0.5, 0.5))
    viewer.dims.set_point((0, 1), (2, 2))
    return layer


def test_the_plane_in_view_alone(viewer, panel, film, run_to_end, fake):
    panel.problem.extent.value = PLANE
    assert panel.form.forecast.text().startswith("Read as t 3 · z 4")
    assert "12 planes, at most" not in panel.form.forecast.text()
    run_to_end(panel)
    result = viewer.layers["film · denoised · t 1 · z 2"]
    assert result.data.shape == (1, 1, *film.data.shape[2:])
    assert (result.data[0, 0] == film.data[1, 2] + 8).all()
    assert np.allclose(result.data_to_world((0, 0, 0, 0)), film.data_to_world((1, 2, 0, 0))), (
        "where it lies in the film"
    )
    assert "Only the plane in view was restored (t 1 · z 2)." in panel.status.message.text()
    record = json.loads(json.dumps(result.metadata[KEY]))
    assert record["part"][:2] == [[1, 2], [2, 3]]
    assert [layer.name for layer in panel.problem.image.choices] == ["film", "film · denoised · t 1 · z 2"]


def test_all_channels_of_the_plane_in_view(viewer, panel, image, run_to_end, fake):
    film = np.stack([np.stack([image, image // 2])] * 3)
    viewer.add_image(film, name="film", axis_labels=("t", "c", "y", "x"))
    panel.problem.extent.value = PLANE
    run_to_end(panel)
    assert viewer.layers[-1].data.shape == (1, 2, *image.shape)


def test_what_is_in_view_alone(viewer, panel, run_to_end, fake):
    image = np.random.default_rng(0).integers(0, 200, (500, 600)).astype(np.uint16)
    viewer.add_image(image, name="cells").corner_pixels = np.array([[100, 50], [419, 349]])
    panel.problem.extent.value = SEEN
    run_to_end(panel)
    result = viewer.layers["cells · denoised · part"]
    assert (result.data == image[100:420, 50:350] + 8).all()
    assert result.metadata[KEY]["part"] == [[100, 420], [50, 350]]


def test_a_try_says_with_which_settings(viewer, panel, image, qtbot, fake):
    viewer.add_image(image, name="cells")
    panel.basic.fill({"preset": "fast"})
    panel.advanced.fill({"seed": 3})
    panel.buttons.try_view.click()
    qtbot.waitUntil(lambda: panel.buttons.run.isEnabled(), timeout=60000)
    assert [layer.name for layer in viewer.layers] == ["cells", "cells · denoised · try · fast, seed 3"]
    assert "This was a try" in panel.status.message.text()


def test_settings_in_brief():
    assert settings_in_brief(Settings()) == "balanced"
    many = Settings(preset="best", seed=1, ensemble_size=2, iterations=50, input_noise=0.1)
    assert settings_in_brief(many).count(",") == 4
    assert settings_in_brief(many).startswith("best, ")
    assert settings_in_brief(many).endswith(", …")


def test_all_extents_can_be_chosen(panel):
    assert tuple(panel.problem.extent.choices) == EXTENTS


def test_some_planes_and_one_channel_by_choice(viewer, panel, image, run_to_end, fake):
    stack = np.stack([image + number for number in range(12)]).reshape(6, 2, *image.shape)
    film = viewer.add_image(stack, name="film", axis_labels=("t", "c", "y", "x"), scale=(2, 1, 0.5, 0.5))
    viewer.dims.set_point(0, 8)
    assert not panel.problem.part.isVisibleTo(panel)
    panel.problem.extent.value = PART
    assert panel.problem.part.isVisibleTo(panel)
    (first, last), (channel, until) = panel.problem.part._ends.values()
    first.setValue(2)
    last.setValue(4)
    channel.setValue(1)
    assert until.value() == 1
    assert "3 planes, " in panel.form.forecast.text()
    run_to_end(panel)
    result = viewer.layers["film · denoised · t 2-4 · c 1"]
    assert (result.data == stack[2:5, 1:] + 8).all()
    assert np.allclose(result.data_to_world((0, 0, 0, 0)), film.data_to_world((2, 1, 0, 0)))
    assert "Only t 2-4 · c 1 was restored." in panel.status.message.text()
    assert result.metadata[KEY]["part"][:2] == [[2, 5], [1, 2]]
    assert fake.made[-1].first == 2, "t 4, which is in view"
    assert film.visible, "it stays in sight where nothing was restored"


def test_all_of_a_stack_is_no_part_of_it(viewer, panel, film, run_to_end, fake):
    panel.problem.extent.value = PART
    run_to_end(panel)
    assert viewer.layers[-1].name == "film · denoised"
    assert "part" not in viewer.layers[-1].metadata[KEY]


def test_an_end_before_the_beginning_moves_the_beginning(panel, film):
    first, last = panel.problem.part._ends["Z"]
    first.setValue(3)
    last.setValue(1)
    assert panel.problem.part.part == {"T": slice(0, 3), "Z": slice(1, 2)}
