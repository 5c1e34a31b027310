"""Axes say which axis is what and never guess; scaling there and back is the identity."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from napari_deep_prior.core.data.axes import Axes, check_image
from napari_deep_prior.core.data.scaling import Scaling

LETTERS = [
    "".join(order)
    for extra in ("", "C", "S", "Z", "TC", "ZS", "CS", "TZ")
    for order in itertools.permutations("YX" + extra)
]


@st.composite
def axes_and_shape(draw):
    letters = draw(st.sampled_from(LETTERS))
    return Axes(letters), tuple(draw(st.lists(st.integers(1, 4), min_size=len(letters), max_size=len(letters))))


def numbered(shape, dtype=np.float32):
    """Every pixel has a value of its own, so nothing can be swapped unseen."""
    return np.arange(math.prod(shape)).reshape(shape).astype(dtype)


@given(axes_and_shape())
def test_planes_cover_every_pixel_once(case) -> None:
    axes, shape = case
    seen = np.zeros(shape, int)
    for index in axes.planes(shape):
        seen[index] += 1
    assert (seen == 1).all()


@given(axes_and_shape())
def test_to_cyx_and_back_is_the_identity(case) -> None:
    axes, shape = case
    image = numbered(shape)
    size = dict(zip(axes.letters, shape, strict=True))
    for index in axes.planes(shape):
        inside = axes.to_cyx(image[index])
        channels = 1 if axes.channel is None else shape[axes.channel]
        assert inside.shape == (channels, size["Y"], size["X"])
        back = axes.from_cyx(inside)
        np.testing.assert_array_equal(back, image[index])
        assert back.flags.c_contiguous


@given(axes_and_shape())
def test_to_cyx_puts_each_letter_where_it_belongs(case) -> None:
    axes, shape = case
    image = numbered(shape)
    rows, columns = axes.letters.index("Y"), axes.letters.index("X")
    for index in axes.planes(shape):
        inside = axes.to_cyx(image[index])
        for c, y, x in itertools.islice(np.ndindex(inside.shape), 20):
            place = list(index)
            place[rows], place[columns] = y, x
            if axes.channel is not None:
                place[axes.channel] = c
            assert inside[c, y, x] == image[tuple(place)]


@given(axes_and_shape())
def test_a_companion_of_the_whole_image_is_cut_with_it(case) -> None:
    axes, shape = case
    image = numbered(shape)
    first_channel = [slice(None)] * len(shape)
    if axes.channel is not None:
        first_channel[axes.channel] = 0
    mask = image[tuple(first_channel)]  # a mask whose values tell which pixel it belongs to
    for index in axes.planes(shape):
        np.testing.assert_array_equal(axes.companion(mask, shape, index), axes.to_cyx(image[index])[0])


@given(axes_and_shape())
def test_one_plane_serves_all_planes(case) -> None:
    axes, shape = case
    size = dict(zip(axes.letters, shape, strict=True))
    plane = numbered((size["Y"], size["X"]))
    whole = tuple(n for i, n in enumerate(shape) if i != axes.channel)
    if plane.shape != whole:  # else the caller's own axis order counts
        for index in axes.planes(shape):
            np.testing.assert_array_equal(axes.companion(plane, shape, index), plane)


def test_where_a_plane_is_given_transposed_its_mask_is_too() -> None:
    mask = numbered((3, 5))
    np.testing.assert_array_equal(Axes("XY").companion(mask, (3, 5), (slice(None), slice(None))), mask.T)


def test_a_companion_of_another_shape_is_refused_with_both_shapes() -> None:
    with pytest.raises(ValueError, match=r"has shape \(5, 4\).*\(2, 4, 5\) with axes TYX.*one plane \(4, 5\)"):
        Axes("TYX").companion(np.zeros((5, 4)), (2, 4, 5), (0, slice(None), slice(None)))


@pytest.mark.parametrize("letters", ["", "X", "YY", "YXX", "YXc", "Y X", "YX1", "TZ"])
def test_letters_that_say_nothing_are_refused(letters: str) -> None:
    with pytest.raises(ValueError, match="one letter per axis"):
        Axes(letters)


def test_axes_are_never_guessed_from_sizes() -> None:
    assert Axes.of(np.zeros((3, 200)), None).letters == "YX"
    for shape in [(200, 200, 3), (3, 200, 200), (200,), (1, 1, 200, 200)]:
        with pytest.raises(ValueError, match="axes="):
            Axes.of(np.zeros(shape), None)
    with pytest.raises(ValueError, match="names 2 axes, but the image has 3"):
        Axes.of(np.zeros((200, 200, 3)), "YX")
    assert Axes.of(np.zeros((200, 200, 3)), "yxc").letters == "YXC"


def test_where_c_and_s_occur_s_is_the_colour() -> None:
    axes = Axes("CYXS")
    assert axes.channel == 3
    assert axes.stack == (0,)


images = st.sampled_from([np.uint8, np.uint16, np.int16, np.float32, np.float64]).flatmap(
    lambda dtype: hnp.arrays(
        dtype,
        st.tuples(st.integers(1, 3), st.integers(2, 8), st.integers(2, 8)),
        elements=(
            st.floats(-1e6, 1e6, width=16 if dtype == np.float16 else 32)
            if np.dtype(dtype).kind == "f"
            else st.integers(np.iinfo(dtype).min, np.iinfo(dtype).max)
        ),
    )
)


@given(images, st.booleans(), st.data())
def test_scaling_there_and_back(image, together, data) -> None:
    known = data.draw(hnp.arrays(bool, image.shape[1:]))
    known.flat[0] = True
    scaling = Scaling.of(image, known, together=together)
    tensor = scaling.to_tensor(image)
    assert tensor.shape == (1, *image.shape)
    assert tensor.dtype == torch.float32
    back = scaling.to_units(tensor)
    assert back.dtype == np.float32
    assert back.shape == image.shape
    # Lone pixels far outside the structures are cut on the way there, by intent: what may pass is what must come back.
    scaled = (image.astype(np.float64) - scaling.offset) / scaling.gain
    image = scaling.offset + scaling.gain * np.clip(scaled, -0.25, scaling.ceiling)
    span = np.abs(image.astype(np.float64) - scaling.offset).max(axis=(1, 2), keepdims=True)
    allowed = 4 * np.finfo(np.float32).eps * (span + np.abs(scaling.offset) + scaling.gain)
    assert (np.abs(back.astype(np.float64) - image) <= allowed).all()


def test_what_a_neighbour_shares_is_never_cut() -> None:
    image = np.random.default_rng(0).normal(100, 5, (1, 40, 40))
    image[0, 7:9, 7] = 3000, 2900
    image[0, 30, 30:32] = -500, -480
    image[0, 20, 20], image[0, 22, 30] = 65535, -65535  # hot and dead
    known = np.ones((40, 40), bool)
    scaling = Scaling.of(image, known, together=False)
    back = scaling.to_units(scaling.to_tensor(image))
    lone = np.zeros((40, 40), bool)
    lone[20, 20] = lone[22, 30] = True
    assert np.allclose(back[0, ~lone], image[0, ~lone], atol=0.1)
    assert back[0, 20, 20] < 5000
    assert back[0, 22, 30] > -2000


@given(images)
def test_known_pixels_lie_about_zero_to_one_and_maps_grow(image) -> None:
    known = np.ones(image.shape[1:], bool)
    scaling = Scaling.of(image, known, together=False)
    assert (scaling.gain > 0).all()
    tensor = scaling.to_tensor(image).numpy()[0]
    for channel, scaled in zip(image, tensor, strict=True):
        order = np.argsort(channel, axis=None, kind="stable")
        assert (np.diff(scaled.ravel()[order]) >= 0).all()
    middle = np.percentile(tensor, 50, axis=(1, 2))
    assert ((middle >= -1e-3) & (middle <= 1 + 1e-3)).all()


def test_unknown_pixels_have_no_say_in_the_scaling() -> None:
    image = np.full((1, 4, 4), 1000.0)
    image[0, :2] = np.arange(8).reshape(2, 4)
    known = np.zeros((4, 4), bool)
    known[:2] = True
    scaling = Scaling.of(image, known, together=False)
    assert scaling.offset.item() + scaling.gain.item() <= 7


def test_one_hot_pixel_does_not_squeeze_the_picture() -> None:
    image = np.random.default_rng(0).uniform(0, 100, (1, 64, 64))
    image[0, 0, 0] = 65535
    assert Scaling.of(image, np.ones((64, 64), bool), together=False).gain.item() < 200


def test_colour_samples_keep_their_ratios() -> None:
    image = np.stack([np.linspace(0, 10, 16).reshape(4, 4), np.linspace(0, 200, 16).reshape(4, 4)])
    scaling = Scaling.of(image, np.ones((4, 4), bool), together=True)
    assert scaling.gain[0] == scaling.gain[1]
    assert scaling.offset[0] == scaling.offset[1]
    apart = Scaling.of(image, np.ones((4, 4), bool), together=False)
    assert apart.gain[0] < apart.gain[1]


@given(images)
def test_a_deviation_is_scaled_not_shifted(image) -> None:
    scaling = Scaling.of(image, np.ones(image.shape[1:], bool), together=False)
    zero = scaling.deviation_to_units(torch.zeros(1, *image.shape))
    one = scaling.deviation_to_units(torch.ones(1, *image.shape))
    assert not zero.any()
    assert zero.dtype == np.float32
    np.testing.assert_allclose(one, np.broadcast_to(scaling.gain, image.shape), rtol=1e-6)


@pytest.mark.parametrize(
    "dtype", [np.uint8, np.int8, np.uint16, np.int16, np.uint32, np.float16, np.float32, np.float64]
)
def test_real_numbers_are_accepted(dtype) -> None:
    check_image(numbered((3, 4), dtype), Axes("YX"))


@pytest.mark.parametrize(
    ("image", "axes", "kind", "says"),
    [
        (np.eye(4, dtype=bool), "YX", TypeError, "boolean"),
        (np.eye(4, dtype=complex), "YX", TypeError, "complex128"),
        (np.array([["a", "b"]] * 2), "YX", TypeError, "dtype <U1"),
        (np.zeros((0, 4)), "YX", ValueError, r"\(0, 4\)"),
        (np.zeros((1, 1)), "YX", ValueError, "2 x 2"),
        (np.zeros((5, 1, 8)), "TYX", ValueError, "2 x 2"),
        (np.zeros((0, 8, 8)), "TYX", ValueError, r"\(0, 8, 8\)"),
    ],
)
def test_what_no_fit_can_restore_is_refused_before_it_starts(image, axes, kind, says) -> None:
    with pytest.raises(kind, match=says):
        check_image(image, Axes(axes))


def test_masked_pixels_do_not_pass_for_measured_ones():
    image = np.ma.masked_array(np.full((4, 5), 9999), mask=np.eye(4, 5, dtype=bool))
    with pytest.raises(ValueError, match="Inpaint"):
        check_image(image, Axes("YX"))
    check_image(np.ma.masked_array(image.data), Axes("YX"))
