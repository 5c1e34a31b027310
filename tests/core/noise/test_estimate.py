"""What the image says of its noise: white and blurred noise told apart, on a picture with structure."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from napari_deep_prior.core.noise.estimate import measure

ALL = np.ones((128, 96), bool)


def picture(sigma: float, blur: int) -> np.ndarray:
    draw = np.random.default_rng(0)
    noise = draw.normal(0, 1, (128 + blur, 96 + blur))
    for axis in (0, 1):
        noise = sum(np.roll(noise, shift, axis) for shift in range(blur))
    noise = noise[blur:, blur:]
    y, x = np.mgrid[:128, :96]
    disc = 200.0 * ((y - 60) ** 2 + (x - 40) ** 2 < 400) + 0.3 * x
    return (disc + sigma * noise / noise.std())[None]


@pytest.mark.parametrize("sigma", [2.0, 20.0])
def test_independent_noise(sigma: float) -> None:
    found = measure(picture(sigma, 1), ALL)
    assert found.correlation_length == 1
    assert found.sigma == pytest.approx(sigma, rel=0.25)


@pytest.mark.parametrize("blur", [2, 3])
def test_correlated_noise(blur: int) -> None:
    assert measure(picture(10, blur), ALL).correlation_length == blur


@pytest.mark.parametrize("scene", ["flat", "waves", "texture"])
def test_fine_structure_does_not_count_as_noise(scene: str) -> None:
    """Nowhere in it is a patch of several pixels without structure: what two neighbours differ by is mostly the scene."""
    draw, (y, x) = np.random.default_rng(0), np.mgrid[:160, :160]
    grain = ndimage.gaussian_filter(draw.normal(0, 1, (160, 160)), 1.5)
    truth = {
        "flat": 50 + 0 * x,
        "waves": 60 + 30 * np.sin(x / 2) * np.sin(y / 2),
        "texture": 60 + 15 * grain / grain.std(),
    }[scene]
    noisy = truth + draw.normal(0, 5, truth.shape)
    assert measure(noisy[None], np.ones(noisy.shape, bool)).sigma == pytest.approx(5, rel=0.05)


def test_missing_pixels_are_not_looked_at() -> None:
    image, known = picture(5, 1), ALL.copy()
    known[:, ::40] = False
    image[:, ~known] = 1e6
    assert measure(image, known).sigma == pytest.approx(5, rel=0.4)


@pytest.mark.parametrize("shape", [(2, 3), (15, 200), (16, 16)])
def test_images_too_small_to_tell_count_as_independent(shape: tuple[int, int]) -> None:
    assert measure(np.zeros((1, *shape)), np.ones(shape, bool)).correlation_length == 1


def test_photon_noise_gives_gain_and_base() -> None:
    level = 20 + 200 * np.linspace(0, 1, 512)[None, :] * np.ones((256, 1))
    draw = np.random.default_rng(0)
    image = 4.0 * draw.poisson(level / 4) + draw.normal(0, 3, level.shape) + 100
    found = measure(image[None], np.ones(level.shape, bool))
    assert found.gain == pytest.approx(4, rel=0.2)
    expected = 4 * level + 9
    error = found.variance_at(level + 100) / expected
    assert error.min() > 0.7
    assert error.max() < 1.4


def test_few_photons_are_skewed_and_read_noise_is_not() -> None:
    draw = np.random.default_rng(0)
    assert measure(draw.poisson(2.0, (1, 128, 96)), ALL).skewness > 0.4
    assert abs(measure(draw.normal(0, 5, (1, 128, 96)), ALL).skewness) < 0.1


def test_detail_is_what_the_surroundings_do_not_tell() -> None:
    smooth = measure(picture(20, 1), ALL)
    y, x = np.indices((128, 96)) // 4
    checks = (x + y) % 2 * (y > 12) * 200.0
    fine = measure(checks + np.random.default_rng(0).normal(0, 20, (1, 128, 96)), ALL)
    assert smooth.detail < 1 < 5 < fine.detail
