"""Which layer is the image: the one that is looked at, unless it was opened to go with it."""

import numpy as np
import pytest


@pytest.fixture
def cells(viewer, panel, image):
    return viewer.add_image(image, name="cells")


def psf(viewer):
    return viewer.add_image(np.outer([1, 2, 1], [1, 3, 1]), name="point")


def test_a_second_image_that_is_opened_lies_on_top_and_is_the_image(viewer, panel, image, cells):
    second = viewer.add_image(image, name="second")
    assert panel.problem.image.value == second


def test_the_layer_that_is_selected_when_the_panel_opens_is_the_image(viewer, dock, image):
    """As channels are opened: the last of them is selected, and a click on it says nothing new."""
    viewer.add_image(np.stack([image, image]), channel_axis=0, name=["GFP", "mCherry"])
    assert viewer.layers.selection.active == viewer.layers["mCherry"]
    assert dock(viewer).problem.image.value == viewer.layers["mCherry"]


def test_of_several_that_are_selected_when_the_panel_opens_one_is_the_image(viewer, dock, image):
    viewer.add_image(image, name="one")
    viewer.add_image(image, name="other")
    viewer.layers.selection = set(viewer.layers)
    assert dock(viewer).problem.image.value is not None


def test_a_psf_that_is_opened_while_one_is_waited_for_does_not_become_the_image(viewer, panel, cells):
    panel.problem.task.value = "deconvolve"
    layer = psf(viewer)
    assert panel.problem.image.value == cells
    assert (
        panel.status.message.text() == "The image is still 'cells'. Choose 'point' as PSF, or click it to restore it."
    )
    panel.problem.form.fill({"psf": layer})
    assert panel.problem.image.value == cells
    viewer.layers.selection.active = cells
    viewer.layers.selection.active = layer
    assert panel.problem.image.value == cells, "it goes with the image, whoever looks at it"
    assert panel.form.read().problem.companions["psf"] == layer


def test_a_click_on_what_was_just_opened_makes_it_the_image(viewer, panel, cells):
    panel.problem.task.value = "deconvolve"
    layer = psf(viewer)
    viewer.layers.selection.active = cells
    viewer.layers.selection.active = layer
    assert panel.problem.image.value == layer


def test_no_psf_is_waited_for_where_the_blur_is_known_otherwise(viewer, panel, cells):
    panel.problem.task.value = "deconvolve"
    panel.problem.form.fill({"blur": "unknown"})
    second = psf(viewer)
    assert panel.problem.image.value == second


def test_a_guide_that_is_chosen_gives_its_place_as_the_image_back(viewer, panel, image, cells):
    guide = viewer.add_image(image // 2, name="clean")
    assert panel.problem.image.value == guide, "so far nobody knows what it is for"
    panel.problem.form.fill({"guide": guide})
    assert panel.problem.image.value == cells
    assert panel.status.message.text() == "The image is 'cells' again: 'clean' goes with it."


def test_an_image_that_goes_with_itself_stays_where_there_is_no_other(viewer, panel, cells):
    panel.problem.form.fill({"guide": cells})
    assert panel.problem.image.value == cells


def test_the_first_image_is_the_image_whatever_is_waited_for(viewer, panel):
    panel.problem.task.value = "deconvolve"
    layer = psf(viewer)
    assert panel.problem.image.value == layer
