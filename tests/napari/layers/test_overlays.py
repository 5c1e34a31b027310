"""Layers that go with a result: at most one of each name, over it, and left to the user by the next run."""

import numpy as np
import pytest

from napari_deep_prior._napari.layers.overlays import Overlays
from napari_deep_prior._napari.layers.source import PLACE


@pytest.fixture
def result(viewer):
    return viewer.add_image(np.zeros((6, 8)), name="cells · denoised", scale=(2, 3), translate=(5, 7))


def placement(layer, *, rgb=False):
    return {**{name: getattr(layer, name) for name in PLACE}, "rgb": rgb}


def test_a_layer_is_shown_over_the_result_once_and_the_result_stays_selected(viewer, result):
    overlays = Overlays(viewer)
    overlays.show("residual", np.ones((6, 8)), result, placement(result))
    overlays.show("residual", np.full((6, 8), 4.0), result, placement(result))
    assert [layer.name for layer in viewer.layers] == ["cells · denoised", "cells · denoised · residual"]
    shown = viewer.layers[-1]
    assert (shown.data == 4).all()
    assert shown.data_to_world((3, 4)) == result.data_to_world((3, 4))
    assert viewer.layers.selection == {result}


def test_what_is_true_or_false_becomes_labels(viewer, result):
    invented = np.zeros((6, 8), bool)
    invented[2, 3] = True
    overlays = Overlays(viewer)
    overlays.show("invented", invented, result, placement(result))
    assert viewer.layers[-1].data.dtype == np.uint8
    assert viewer.layers[-1].data.sum() == 1
    overlays.show("invented", ~invented, result, placement(result))
    assert viewer.layers[-1].data.sum() == 47


@pytest.mark.parametrize(("dtype", "expected"), [(bool, 1), (float, 2.0)])
def test_of_colours_there_is_one_value_per_pixel(viewer, result, dtype, expected):
    array = np.zeros((6, 8, 3), dtype)
    array[2, 3] = (0, 1, 5)
    Overlays(viewer).show("colours", array, result, placement(result, rgb=True))
    assert viewer.layers[-1].data.shape == (6, 8)
    assert viewer.layers[-1].data[2, 3] == expected


@pytest.mark.parametrize(
    ("values", "colormap", "limits"),
    [
        ((-1.0, 3.0), "gray", (-3, 3)),
        ((0.0, 3.0), "magma", (0, 3)),
        ((0.0, 0.0), "magma", (0, 1)),
        ((np.nan, np.nan), "magma", (0, 1)),
        ((np.nan, 3.0), "magma", (0, 3)),
    ],
)
def test_contrast_is_about_zero_for_what_goes_both_ways_and_from_zero_otherwise(
    viewer, result, values, colormap, limits
):
    array = np.repeat(values, 24).reshape(6, 8)
    Overlays(viewer).show("values", array, result, placement(result))
    layer = viewer.layers[-1]
    assert layer.colormap.name == colormap
    assert tuple(layer.contrast_limits) == pytest.approx(limits)
    assert layer.colorbar.visible, "what is the same everywhere has its value in sight"


def test_it_is_taken_away_or_left_to_the_user(viewer, result):
    overlays = Overlays(viewer)
    overlays.show("residual", np.ones((6, 8)), result, placement(result))
    overlays.hide("residual")
    overlays.hide("residual")
    assert len(viewer.layers) == 1
    overlays.show("residual", np.ones((6, 8)), result, placement(result))
    overlays.forget()
    overlays.hide("residual")
    assert len(viewer.layers) == 2


def test_one_that_the_user_has_deleted_comes_back_when_it_is_asked_for(viewer, result):
    overlays = Overlays(viewer)
    overlays.show("residual", np.ones((6, 8)), result, placement(result))
    viewer.layers.remove("cells · denoised · residual")
    overlays.show("residual", np.ones((6, 8)), result, placement(result))
    assert "cells · denoised · residual" in viewer.layers
