"""Axes say which axis is what and never guess."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_deep_prior.core.data.axes import Axes, check_image

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


def test_a_plane_goes_with_every_depth_of_a_volume() -> None:
    mask = numbered((4, 5))
    cut = Axes("ZYX", volume=True).companion(mask, (3, 4, 5), (slice(None),) * 3)
    np.testing.assert_array_equal(cut, np.stack([mask] * 3))


def test_a_companion_of_another_shape_is_refused_with_both_shapes() -> None:
    with pytest.raises(ValueError, match=r"has shape \(5, 4\).*\(2, 4, 5\) with axes TYX.*one plane \(4, 5\)"):
        Axes("TYX").companion(np.zeros((5, 4)), (2, 4, 5), (0, slice(None), slice(None)))


def test_of_a_volume_the_shape_of_one_plane_is_named() -> None:
    with pytest.raises(ValueError, match=r"needs \(3, 4, 5\), or one plane \(4, 5\) for all"):
        Axes("ZYX", volume=True).companion(np.zeros((5, 4)), (3, 4, 5), (slice(None),) * 3)


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


def test_two_by_two_pixels_are_an_image() -> None:
    check_image(numbered((2, 2)), Axes("YX"))
    check_image(numbered((1, 2, 2)), Axes("TYX"))


def test_masked_pixels_do_not_pass_for_measured_ones():
    image = np.ma.masked_array(np.full((4, 5), 9999), mask=np.eye(4, 5, dtype=bool))
    with pytest.raises(ValueError, match="Inpaint"):
        check_image(image, Axes("YX"))
    check_image(np.ma.masked_array(image.data), Axes("YX"))


@pytest.mark.parametrize(("letters", "volume"), [("TZYX", False), ("ZTYX", True), ("YXC", False), ("YTXZ", False)])
def test_planes_are_counted_in_order_without_a_list(letters: str, volume: bool) -> None:
    axes, shape = Axes(letters, volume=volume), (2, 3, 4, 5)[: len(letters)]
    ranges = [range(size) if at in axes.stack else (slice(None),) for at, size in enumerate(shape)]
    planes = axes.planes(shape)
    assert list(planes) == list(itertools.product(*ranges))
    assert len(planes) == axes.count(shape)
    assert planes[-1] == list(planes)[-1]
    assert planes[1:] == list(planes)[1:]


def test_millions_of_planes_take_no_memory() -> None:
    planes = Axes("TZYX").planes((10**6, 10**4, 2, 2))
    assert planes[10**9 + 7] == (10**5, 7, slice(None), slice(None))
    with pytest.raises(IndexError):
        planes[10**10]


@pytest.mark.parametrize(("letters", "volume"), [("TYX", False), ("YXC", False), ("CZYX", True), ("XTY", False)])
def test_what_holds_for_all_channels_takes_the_callers_order(letters: str, volume: bool) -> None:
    axes = Axes(letters, volume=volume)
    sizes = dict(zip("TCZYX", (1, 3, 2, 4, 5), strict=True))
    shape = tuple(sizes[letter] for letter in letters)
    plane = np.arange(np.prod(axes.plane_shape(shape))).reshape(axes.plane_shape(shape))
    channels = 1 if axes.channel is None else shape[axes.channel]
    expected = axes.from_cyx(np.broadcast_to(plane, (channels, *plane.shape)))
    np.testing.assert_array_equal(axes.in_all_channels(plane, channels), expected)


def test_channels_may_be_planes_of_their_own() -> None:
    together, apart = Axes("TCYX"), Axes("TCYX", apart=True)
    assert (together.channel, together.stack) == (1, (0,))
    assert (apart.channel, apart.stack) == (None, (0, 1))
    assert Axes("CYXS", apart=True).channel == 3, "colours go together"
    image = numbered((2, 3, 4, 5))
    assert len(apart.planes(image.shape)) == 6
    for index in apart.planes(image.shape):
        assert apart.to_cyx(image[index]).shape == (1, 4, 5)
        np.testing.assert_array_equal(apart.from_cyx(apart.to_cyx(image[index])), image[index])
        for mask in (image, image[:, 0], image[0, 0]):
            cut = apart.companion(mask, image.shape, index)
            place = {4: index, 3: (index[0], *index[2:]), 2: index[2:]}[mask.ndim]
            np.testing.assert_array_equal(cut, mask[place])


def test_a_record_tells_how_axes_were_cut() -> None:
    assert Axes.of_record("CZYX", {"volume": True, "each_channel": True}) == Axes("CZYX", volume=True, apart=True)
    assert Axes.of_record("CZYX", {}) == Axes("CZYX")
