"""What the image says of its noise: white and blurred noise told apart, on a picture with structure."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from napari_deep_prior.core.noise import estimate
from napari_deep_prior.core.noise.estimate import NoiseEstimate, measure

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


def test_a_pixel_correlates_with_itself_whatever_was_measured() -> None:
    y, x = np.mgrid[:160, :160]
    waves = 60 + 30 * np.sin(x / 2) * np.sin(y / 2) + np.random.default_rng(0).normal(0, 5, (160, 160))
    images = (picture(10, 1), picture(10, 3), waves[None], np.zeros((1, 64, 64)))
    found = [measure(image, np.ones(image.shape[1:], bool)) for image in images]
    assert [noise.correlation[0] for noise in found] == pytest.approx([1, 1, 1, 1])
    assert len({len(noise.correlation) for noise in found}) == 1
    middle = [np.array(noise.autocorrelation)[len(noise.autocorrelation) // 2] for noise in found]
    assert [float(row[len(row) // 2]) for row in middle] == pytest.approx([1, 1, 1, 1])
    structured, none = found[2:]
    assert structured.correlation[1:] == none.correlation[1:] == (0.0,) * 5
    assert structured.autocorrelation == ((1.0,),), "what neighbours have in common there is the scene"
    assert (none.sigma, none.patches) == (0, 0)
    assert structured.pixels == 160 * 160


def test_the_table_says_in_which_direction_neighbours_share_noise() -> None:
    white = np.random.default_rng(0).normal(0, 5, (1, 258, 258))
    for dy, dx in ((1, 0), (0, 2), (1, 1), (2, -1)):
        shared = (white + np.roll(white, (dy, dx), (1, 2)))[:, 2:-2, 2:-2]
        table = np.array(measure(shared, np.ones(shared.shape[1:], bool)).autocorrelation)
        middle = len(table) // 2
        np.testing.assert_allclose(table, table[::-1, ::-1], atol=1e-9)
        assert table[middle + dy, middle + dx] == pytest.approx(0.5, abs=0.12)
        others = table.copy()
        others[middle, middle] = others[middle + dy, middle + dx] = others[middle - dy, middle - dx] = 0
        assert np.abs(others).max() < 0.25


def test_noise_of_which_neighbours_share_a_little_has_its_full_strength() -> None:
    """Fine differences see two fifths of its variance."""
    noise = np.random.default_rng(0).normal(0, 1, (256, 256))
    for axis in (0, 1):
        noise = noise + 0.13 * (np.roll(noise, 1, axis) + np.roll(noise, -1, axis))
    found = measure(100 + 10 * noise[None] / noise.std(), np.ones(noise.shape, bool))
    assert found.correlation_length == 1
    assert found.sigma == pytest.approx(10, rel=0.15)


@pytest.mark.parametrize("blur", [1, 2])
@pytest.mark.parametrize(("scale", "offset"), [(2.0**-20, 0.0), (2.0**12, 0.0), (8.0, -300.0)])
def test_other_units_change_the_units_only(scale: float, offset: float, blur: int) -> None:
    image = np.random.default_rng(0).poisson(picture(1, 1) + 20) * 2.0 + picture(3, blur)
    plain, other = measure(image, ALL), measure(scale * image + offset, ALL)
    level = np.linspace(20, 900, 5)
    np.testing.assert_allclose(
        other.variance_at(scale * level + offset), scale**2 * plain.variance_at(level), rtol=1e-6
    )
    assert other.sigma == pytest.approx(scale * plain.sigma)
    assert (other.skewness, other.detail) == pytest.approx((plain.skewness, plain.detail))
    assert other.correlation == pytest.approx(plain.correlation)


def test_a_volume_is_measured_over_all_its_planes_and_channels() -> None:
    draw = np.random.default_rng(0)
    volume = draw.normal(0, 1, (2, 3, 64, 64)) * np.array([3.0, 3.0, 3.0])[:, None, None]
    known = np.ones(volume.shape[1:], bool)
    found = measure(volume, known)
    assert found.sigma == pytest.approx(3, rel=0.05)
    assert found.pixels == known.size
    known[1:] = False
    spoilt = np.where(known, volume, 1e5)
    assert measure(spoilt, known).sigma == pytest.approx(3, rel=0.1)


def test_where_the_line_would_be_negative_there_is_a_hundredth_of_the_noise() -> None:
    noise = NoiseEstimate(sigma=3.0, patches=1, correlation=(1.0, 0.0), gain=2.0, base=-100.0)
    np.testing.assert_allclose(noise.variance_at(np.array([0.0, 50.0, 60.0])), [0.09, 0.09, 20.0])


def test_detail_is_in_units_of_the_noise() -> None:
    """On a chessboard half of a square's neighbours are black and half are white."""
    y, x = np.mgrid[:128, :96]
    chessboard = 40.0 * ((x + y) % 2) + np.random.default_rng(0).normal(0, 5, (1, 128, 96))
    noise = NoiseEstimate(sigma=5.0, patches=9, correlation=(1.0, 0.0), base=25.0)
    assert estimate._detail(chessboard, ALL[None], noise) == pytest.approx((20**2 + 25 / 48) / 25, rel=0.03)
    assert estimate._detail(chessboard / 40, ALL[None], noise) == 0
