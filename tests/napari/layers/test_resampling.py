"""A companion laid onto the image's grid, in world coordinates: on napari's layers, without a window."""

import dask.array as da
import numpy as np
import pytest

from napari.layers import Image, Labels
from napari_deep_prior._napari.layers.resampling import resample_onto
from napari_deep_prior._napari.layers.source import LayerData


def matched(labels, image, axes="YX"):
    return resample_onto(LayerData.of(labels), LayerData.of(image), axes)


LABELS = np.zeros((20, 30), np.uint8)
LABELS[4:9, 10:25] = 3


def test_on_the_same_grid_it_is_the_same_and_painting_on_it_later_does_no_harm():
    labels = Labels(LABELS.copy())
    for image, axes in [(np.zeros((20, 30)), "YX"), (np.zeros((2, 20, 30)), "TYX")]:
        found = matched(labels, Image(image), axes)
        assert (found.array == LABELS).all()
        assert not np.shares_memory(found.array, labels.data)
        assert found.coverage == 1


def test_a_coarser_mask_is_drawn_finer():
    found = matched(Labels(LABELS[::2, ::2], scale=(2, 2), translate=(0.5, 0.5)), Image(np.zeros((20, 30))))
    assert found.coverage == 1
    assert (found.array == np.repeat(np.repeat(LABELS[::2, ::2], 2, 0), 2, 1)).all()


def test_a_shifted_mask_covers_a_part():
    found = matched(Labels(LABELS, translate=(10, 0)), Image(np.zeros((20, 30))))
    assert found.coverage == 0.5
    assert (found.array[14:19, 10:25] == 3).all()
    assert (found.array > 0).sum() == 5 * 15


def test_a_rotated_mask_lies_where_it_is_seen():
    turned = Labels(LABELS, rotate=90)
    found = matched(turned, Image(np.zeros((60, 60)), translate=(-30, -30)))
    for position in [(-5, 12), (5, 12), (12, -6), (20, -6)]:
        world = np.asarray(position) + 0.1
        expected = turned.get_value(world, world=True) or 0
        assert found.array[tuple(np.round(world + 30).astype(int))] == expected


def test_units_are_told_apart():
    image = Image(np.zeros((20, 30)), scale=(500, 500), units="nm")
    found = matched(Labels(LABELS, scale=(0.5, 0.5), units="um"), image)
    assert (found.array == LABELS).all()
    assert found.coverage == 1


def test_a_mask_elsewhere_is_refused():
    with pytest.raises(ValueError, match="does not overlap 'Image'"):
        matched(Labels(LABELS, translate=(100, 0)), Image(np.zeros((20, 30))))


def test_a_mask_with_too_many_axes_is_refused():
    with pytest.raises(ValueError, match="3 axes, but 'Image' has 2"):
        matched(Labels(np.stack([LABELS] * 4)), Image(np.zeros((20, 30))))


def test_a_plane_on_a_stack_stays_a_plane():
    found = matched(Labels(LABELS), Image(np.zeros((4, 20, 30))), "TYX")
    assert found.array.shape == (20, 30)


def test_a_stack_on_a_stack_of_stacks_holds_for_all():
    stack = np.stack([LABELS, 0 * LABELS, LABELS])
    found = matched(Labels(stack), Image(np.zeros((2, 3, 20, 30))), "TZYX")
    assert found.array.shape == (2, 3, 20, 30)
    assert (found.array == stack).all()


def test_a_shifted_stack_is_matched_in_all_axes():
    stack = np.stack([LABELS * 0, LABELS, LABELS * 0])
    found = matched(Labels(stack, translate=(1, 2, 0)), Image(np.zeros((3, 20, 30))), "ZYX")
    assert (found.array[2, 6:11, 10:25] == 3).all()
    assert not found.array[:2].any()


@pytest.mark.parametrize(("shape", "labels", "axes"), [((2, 20, 30), "cyx", "CYX"), ((20, 30, 2), "yxc", "YXC")])
def test_channels_do_not_count(shape, labels, axes):
    found = matched(Labels(LABELS), Image(np.zeros(shape), rgb=False, axis_labels=tuple(labels)), axes)
    assert (found.array == LABELS).all()


@pytest.mark.parametrize("letters", ["cyx", "yxc", "tcyx"])
def test_labels_drawn_channel_by_channel_hold_where_any_channel_has_one(letters):
    axes = letters.upper()
    channels = np.zeros((2, 20, 30), np.uint8)
    channels[0, 3:5, 4:9], channels[1, 15:17, 20:29] = 128, 1
    wanted = channels.any(axis=0)
    if letters == "yxc":
        channels = np.moveaxis(channels, 0, -1)
    if letters == "tcyx":
        channels, wanted = np.stack([channels, 0 * channels]), np.stack([wanted, 0 * wanted])
    image = Image(np.zeros(channels.shape), rgb=False, axis_labels=tuple(letters))
    found = matched(Labels(channels), image, axes)
    assert ((found.array > 0) == wanted).all()
    assert set(np.unique(found.array)) == {0, 1, 128}, "labels stay what they were"
    assert found.coverage == 1


def test_three_axes_over_time_and_channels_lie_where_they_are_drawn():
    """napari draws them on the last three, channels among them, whatever the sizes are."""
    channels = np.zeros((2, 20, 30), np.uint8)
    channels[1, 3:5, 4:9] = 3
    found = matched(Labels(channels), Image(np.zeros((2, 2, 20, 30)), axis_labels=tuple("tcyx")), "TCYX")
    assert (found.array == channels[1]).all(), "one plane, which holds for all times"


def test_another_image_is_not_mixed_over_its_channels():
    image = Image(np.zeros((2, 20, 30)), axis_labels=tuple("cyx"))
    with pytest.raises(ValueError, match="3 axes"):
        matched(Image(np.zeros((2, 20, 30))), image, "CYX")


def test_colours_do_not_count():
    found = matched(Labels(LABELS), Image(np.zeros((20, 30, 3), np.uint8)), "YXS")
    assert (found.array == LABELS).all()


def test_a_dask_mask_is_computed():
    found = matched(Labels(da.from_array(LABELS)), Image(np.zeros((20, 30))))
    assert isinstance(found.array, np.ndarray)
