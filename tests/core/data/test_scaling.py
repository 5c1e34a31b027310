"""Scaling there and back is the identity, but for lone pixels far outside the structures."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from napari_deep_prior.core.data.scaling import Scaling
from napari_deep_prior.core.imaging import row_blocks

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


@given(images, st.floats(-1e6, 1e6))
def test_a_lower_bound_is_zero_and_leaves_one_where_it_is(image, bound) -> None:
    scaling = Scaling.of(image, np.ones(image.shape[1:], bool), together=False)
    if bound and (scaling.offset + scaling.gain <= bound).any():
        with pytest.raises(ValueError, match="nothing is left above the background"):
            scaling.from_bound(bound)
        return
    lower = scaling.from_bound(bound)
    assert (lower.offset == (bound or np.minimum(scaling.offset, 0))).all()
    for one, other in ((scaling.gain, lower.gain), (scaling.ceiling * scaling.gain, lower.ceiling * lower.gain)):
        np.testing.assert_allclose(lower.offset + other, scaling.offset + one, rtol=1e-9, atol=1e-6)


def test_two_photons_where_there_is_hardly_one_are_no_hot_pixel() -> None:
    image = np.zeros((1, 60, 60), np.uint8)
    image[0, ::7, ::5] = 1
    image[0, 14, 10], image[0, 28, 20] = 2, 3
    scaling = Scaling.of(image, np.ones((60, 60), bool), together=False)
    assert np.array_equal(scaling.to_units(scaling.to_tensor(image)), image)
    assert scaling.to_units(scaling.to_tensor(np.full_like(image, 200))).max() < 10


def test_counts_of_light_go_four_levels_beyond_the_brightest_that_is_shared() -> None:
    """However late the first light comes in the image."""
    image = np.zeros((1, 60, 60), np.uint8)
    image[0, 20::7, ::5] = 1
    scaling = Scaling.of(image, np.ones((60, 60), bool), together=False)
    assert scaling.to_units(scaling.to_tensor(np.full_like(image, 200))).max() == pytest.approx(1 + 4)


@pytest.mark.parametrize("place", [(20, 20), (0, 20), (59, 20)])
@pytest.mark.parametrize("step", [(dy, dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1) if (dy, dx) != (0, 0)])
def test_a_structure_is_two_pixels_side_by_side_in_any_direction(place, step) -> None:
    (y, x), (dy, dx) = place, step
    image = np.random.default_rng(0).normal(100, 5, (1, 60, 60))
    other = min(max(y + dy, 0), 59), x + (dx or 1)
    image[0, y, x], image[0, other[0], other[1]] = 3000, 2900
    scaling = Scaling.of(image, np.ones((60, 60), bool), together=False)
    back = scaling.to_units(scaling.to_tensor(image))
    assert np.allclose(back[0, [y, other[0]], [x, other[1]]], [3000, 2900], atol=0.1)
    image[0, y, x] = 100
    lone = Scaling.of(image, np.ones((60, 60), bool), together=False)
    assert lone.to_units(lone.to_tensor(image))[0, other[0], other[1]] < 1000


def test_where_many_stand_alone_none_is_cut() -> None:
    image = np.random.default_rng(0).normal(100, 5, (1, 60, 60))
    image[0, ::5, ::5] = 3000
    scaling = Scaling.of(image, np.ones((60, 60), bool), together=False)
    assert np.allclose(scaling.to_units(scaling.to_tensor(image)), image, atol=0.1)


@pytest.mark.parametrize("shape", [(2, 24, 20), (1, 3, 24, 20)])
def test_it_does_not_matter_how_many_rows_are_looked_at_at_a_time(shape, monkeypatch) -> None:
    image = np.random.default_rng(0).normal(100, 5, shape)
    known = np.random.default_rng(1).random(shape[1:]) > 0.3
    for row in range(0, 22, 3):
        image[..., row : row + 2, row % 20] = 1000 + row, 900 - row  # shared across any border between blocks
    whole = Scaling.of(image, known, together=False)
    tensor = whole.to_tensor(image, known)
    monkeypatch.setattr(row_blocks, "_PIXELS", 1)
    again = Scaling.of(image, known, together=False)
    for one, other in zip(dataclasses.astuple(whole), dataclasses.astuple(again), strict=True):
        np.testing.assert_array_equal(one, other)
    assert torch.equal(again.to_tensor(image, known), tensor)
    np.testing.assert_array_equal(again.to_units(tensor), whole.to_units(tensor))


def test_what_unknown_pixels_hold_changes_nothing_at_all() -> None:
    image = np.random.default_rng(0).normal(100, 5, (2, 30, 30))
    known = np.random.default_rng(1).random((30, 30)) > 0.2
    spoilt = np.where(known, image, 1e9)
    one, other = (dataclasses.astuple(Scaling.of(each, known, together=False)) for each in (image, spoilt))
    for term, same in zip(one, other, strict=True):
        np.testing.assert_array_equal(term, same)


def test_a_channel_of_hardly_more_than_one_value_is_scaled_by_its_extremes() -> None:
    """One of a single value has the gain one, and the channel beside them its own."""
    image = np.stack([np.zeros((60, 60)), np.full((60, 60), 7.0), np.random.default_rng(0).normal(100, 5, (60, 60))])
    image[0, 30, 30] = 6
    scaling = Scaling.of(image, np.ones((60, 60), bool), together=False)
    assert scaling.gain[:2, 0, 0].tolist() == [6, 1]
    assert 20 < scaling.gain[2, 0, 0] < 40
    assert np.array_equal(scaling.to_units(scaling.to_tensor(image))[:2], image[:2])


def test_the_refusal_of_a_background_names_the_darkest_channel_s_brightest_structure() -> None:
    image = np.stack([np.linspace(50, 150, 1600).reshape(40, 40), np.linspace(60, 90, 1600).reshape(40, 40)])
    scaling = Scaling.of(image, np.ones((40, 40), bool), together=False)
    with pytest.raises(ValueError, match=r"background = 200, but the brightest structure has (89\.9|90)"):
        scaling.from_bound(200)


def test_a_hot_pixel_is_cut_just_above_the_structures_however_far_from_zero_they_lie() -> None:
    image = np.random.default_rng(0).normal(10000, 5, (1, 60, 60))
    image[0, 30, 30] = 65535
    scaling = Scaling.of(image, np.ones((60, 60), bool), together=False)
    assert 10015 < scaling.to_units(scaling.to_tensor(image)).max() < 10050


def test_where_nothing_is_known_the_tensor_is_zero() -> None:
    image, known = np.random.default_rng(0).normal(100, 5, (1, 30, 30)), np.ones((30, 30), bool)
    known[3:9, 5] = False
    tensor = Scaling.of(image, known, together=False).to_tensor(image, known)
    assert not tensor[..., 3:9, 5].any()
    assert tensor.count_nonzero() > 800


@pytest.mark.parametrize(("times", "ceiling"), [(0.5, 6.0), (2.0, 3.0), (20.0, 1.0)])
def test_a_coarser_scaling_cuts_at_the_same_value_but_never_below_one(times: float, ceiling: float) -> None:
    scaling = Scaling(*(np.full((1, 1, 1), value) for value in (100.0, 10.0, 6.0)))
    coarser = scaling.no_finer_than(times * scaling.gain)
    assert (coarser.offset, coarser.gain, coarser.ceiling) == (100, max(10, 10 * times), ceiling)
