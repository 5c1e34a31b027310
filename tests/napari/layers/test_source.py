"""Axes, number types and pixel sizes of napari's layers, without a window."""

import numpy as np
import pytest

from napari.layers import Image
from napari_deep_prior._napari.layers.source import Source, axes_of, finest, pixel_sizes
from napari_deep_prior.files import to_dtype


@pytest.mark.parametrize(
    ("labels", "rgb", "axes"),
    [
        (("-2", "-1"), False, "YX"),
        (("-2", "-1"), True, "YXS"),
        (("axis 0", "axis 1", "axis 2"), False, "QYX"),
        (("-4", "-3", "-2", "-1"), False, "QRYX"),
        (("t", "Z", "y", "x"), False, "TZYX"),
        (("channel", "-2", "-1"), False, "CYX"),
        (("-3", "c", "-2", "-1"), False, "QCYX"),
        (("y", "x", "c"), False, "YXC"),
        (("z", "z", "y", "x"), False, "ZQYX"),
        (("time", "depth", "height", "width"), False, "TZYX"),
        (("z", "x"), False, "YX"),
        (("s", "y", "x"), True, "QYXS"),
        (("s", "y", "x"), False, "SYX"),
    ],
)
def test_axes_come_from_labels(labels, rgb, axes):
    assert axes_of(labels, rgb=rgb) == axes


def test_a_layer_without_a_plane_is_refused_in_words():
    with pytest.raises(ValueError, match="Rename the axes"):
        axes_of(("c", "x"), rgb=False)


def test_pixel_sizes_are_known_where_the_units_are_lengths():
    layer = Image(np.zeros((3, 4, 5)), scale=(0.3, 65, -2), units=("um", "nm", "pixel"), axis_labels=("z", "y", "x"))
    assert pixel_sizes(layer) == pytest.approx({"Z": 3e-7, "Y": 6.5e-8})


def test_integers_are_rounded_and_clipped():
    image = np.array([-3.0, 1.4, 1.6, 300.0], np.float32)
    assert to_dtype(image, np.dtype("uint8")).tolist() == [0, 1, 2, 255]
    assert to_dtype(image, np.dtype("float32")) is image


def test_only_integer_colours_keep_their_type_by_themselves():
    colour = Source.of(Image(np.zeros((4, 5, 3), np.uint8), rgb=True))
    assert colour.axes == "YXS"
    assert colour.dtype(keep=False) == np.uint8
    assert Source.of(Image(np.zeros((4, 5), np.uint8))).dtype(keep=False) == np.float32
    assert Source.of(Image(np.zeros((4, 5), np.uint8))).dtype(keep=True) == np.uint8


def test_the_finest_level_of_a_pyramid_is_taken():
    full = np.zeros((64, 48))
    assert finest(Image([full, full[::2, ::2]], multiscale=True)).shape == (64, 48)


def limits(image, **display):
    return Source.of(Image(image, **display)).display["contrast_limits"]


def test_a_hot_pixel_does_not_make_the_result_black():
    image = np.random.default_rng(0).normal(100, 5, (64, 64)).astype(np.float32)
    usual = limits(image)
    image[3, 4] = 65535
    low, high = limits(image)
    assert usual[0] - 5 < low < 100 < high < usual[1] + 5


def test_the_contrast_that_somebody_has_set_stays():
    image = np.random.default_rng(0).normal(100, 5, (64, 64)).astype(np.float32)
    image[3, 4] = 65535
    assert tuple(limits(image, contrast_limits=(0, 300))) == (0, 300)
