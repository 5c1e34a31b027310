"""Bad pixels: what was spoilt is found, and nothing else, at any brightness and noise."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_deep_prior.core.imaging.bad_pixels import KINDS, find_bad_pixels


def scene(seed: int, *, photons: float = 200, size: int = 96) -> np.ndarray:
    """Beads of the sharpest focus a camera still samples, an edge and a slope, in shot noise."""
    draw = np.random.default_rng(seed)
    y, x = np.mgrid[:size, :size]
    light = 0.2 + 0.3 * x / size + 0.4 * (y > size // 2)
    for at_y, at_x in draw.uniform(3, size - 4, (8, 2)):
        light += 3 * np.exp(-0.5 * ((y - at_y) ** 2 + (x - at_x) ** 2) / 0.9**2)
    return (draw.poisson(light * photons) + draw.normal(100, 3, light.shape)).clip(0, 65535).astype(np.uint16)


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 999), photons=st.sampled_from([2.0, 30.0, 1000.0]))
def test_a_sound_image_has_no_bad_pixels(seed: int, photons: float) -> None:
    assert not find_bad_pixels(scene(seed, photons=photons)).any()


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 999), units=st.sampled_from([(1.0, 0.0), (1e-6, 5.0), (3.0, -700.0)]))
def test_what_is_spoilt_is_found_in_any_units(seed: int, units: tuple[float, float]) -> None:
    image = scene(seed).astype(float)
    expected = np.zeros(image.shape, np.uint8)
    places = np.random.default_rng(seed + 1).permutation(image.size)[:23]
    hot, dead, nan = (np.unravel_index(part, image.shape) for part in np.split(places, [10, 20]))
    image[hot], expected[hot] = image[hot] + 2500, 1
    image[dead], expected[dead] = -900, 2
    image[:, [40, 41]], expected[:, [40, 41]] = 0, 3
    image[17], expected[17] = 5000, 3
    image[nan], expected[nan] = np.nan, 5
    found = find_bad_pixels(image * units[0] + units[1], kinds=("hot", "dead", "lines", "nan"))
    beside = np.zeros_like(expected, bool)  # a spoilt pixel beside two others may pass for part of a structure
    beside[[16, 18]] = beside[:, [39, 42]] = True
    np.testing.assert_array_equal(found[~beside], expected[~beside])


@pytest.mark.parametrize("share", [0.03, 0.1, 0.3])
def test_salt_and_pepper_is_found_however_much_there_is(share: float) -> None:
    draw = np.random.default_rng(3)
    image = scene(0).astype(float).clip(50, 2000)
    chance = draw.uniform(size=image.shape)
    spoilt = chance < share
    image[spoilt] = np.where(chance < share / 2, 0, 4095)[spoilt]
    found = find_bad_pixels(image, kinds=("hot", "dead"))
    assert ((found == 1) == (image == 4095)).mean() > 0.98
    assert ((found == 2) == (image == 0)).mean() > 0.98
    assert ((found > 0) & spoilt).sum() > 0.85 * spoilt.sum()


@pytest.mark.parametrize("photons", [0.01, 0.03, 0.3, 3])
def test_single_photons_are_no_bad_pixels(photons: float) -> None:
    image = np.random.default_rng(0).poisson(photons * (1 + np.sin(np.arange(80) / 15) ** 2), (96, 80))
    assert not find_bad_pixels(image.astype(np.float32), kinds=("hot", "dead")).any()


def test_saturated_pixels_pile_up() -> None:
    image = scene(0).astype(float)
    limit = np.percentile(image, 97)
    found = find_bad_pixels(np.minimum(image, limit))
    np.testing.assert_array_equal(found == 1 + KINDS.index("saturated"), image >= limit)
    assert not find_bad_pixels(image.clip(0, 255 / 2).astype(np.uint8), kinds=("hot",)).any()


@pytest.mark.parametrize("image", [np.full((9, 9), 7.0), np.full((5, 4), np.nan), np.zeros((1, 1)), np.eye(3)])
def test_nothing_to_see_is_no_error(image: np.ndarray) -> None:
    assert (find_bad_pixels(image) > 0).sum() == np.isnan(image).sum()


def test_only_the_kinds_asked_for() -> None:
    image = scene(0).astype(float)
    image[3, 3], image[5, 5] = np.nan, 1e5
    assert set(np.unique(find_bad_pixels(image, kinds=("nan",)))) == {0, 1 + KINDS.index("nan")}
    with pytest.raises(ValueError, match="'cold' is unknown, needs some of hot, dead"):
        find_bad_pixels(image, kinds=("cold",))
    with pytest.raises(ValueError, match=r"shape \(2, 9, 9\): needs one plane"):
        find_bad_pixels(np.zeros((2, 9, 9)))
