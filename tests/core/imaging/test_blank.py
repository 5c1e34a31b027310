"""Blank borders are told from what was measured, dark or not."""

from __future__ import annotations

import numpy as np
import pytest

from napari_deep_prior.core.imaging.blank import blank_border


def measured(dtype: type = np.float32, channels: int = 1) -> np.ndarray:
    return np.random.default_rng(0).normal(1000, 15, (channels, 60, 70)).astype(dtype)


def frame() -> np.ndarray:
    border = np.zeros((60, 70), bool)
    border[:, :11] = border[-1:] = True
    return border


@pytest.mark.parametrize("filling", [0, 1000, np.nan])
@pytest.mark.parametrize("channels", [1, 3])
def test_what_a_registration_left_empty_is_found_exactly(filling: float, channels: int) -> None:
    image = np.where(frame(), filling, measured(channels=channels) + 0.5)
    np.testing.assert_array_equal(blank_border(image), frame())


def test_a_round_field_and_a_letterbox_of_two_colours() -> None:
    y, x = np.mgrid[:60, :70]
    outside = np.hypot(y - 30, x - 35) > 28
    np.testing.assert_array_equal(blank_border(np.where(outside, 0, measured(np.uint16))), outside)
    bars = np.zeros((60, 70), bool)
    bars[:9] = bars[-6:] = True
    image = measured(np.uint16)
    image[:, :9], image[:, -6:] = 0, 65535
    np.testing.assert_array_equal(blank_border(image), bars)


def test_planes_of_a_volume_have_each_their_own() -> None:
    image = np.stack([measured(), np.where(frame(), 0, measured())], 1)
    np.testing.assert_array_equal(blank_border(image), [np.zeros_like(frame()), frame()])


@pytest.mark.parametrize("photons", [0.001, 0.01, 0.1, 1, 5])
def test_the_dark_between_single_photons_was_measured(photons: float) -> None:
    image = np.random.default_rng(1).poisson(photons, (1, 128, 128)).astype(np.uint8)
    assert not blank_border(image).any()


def test_neither_noise_nor_a_constant_image_nor_a_hole_inside_is_a_border() -> None:
    assert not blank_border(measured(np.uint16)).any()
    assert not blank_border(np.full((1, 20, 20), 7)).any()
    image = measured()
    image[:, 20:40, 20:40] = 0
    assert not blank_border(image).any()
    assert not blank_border(np.zeros((1, 1, 9))).any()


def test_a_channel_that_has_light_there_says_that_it_was_measured() -> None:
    image = measured(channels=2)
    image[0][frame()] = 0
    assert not blank_border(image).any()
