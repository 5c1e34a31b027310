"""Isolated pixels do not decide how bright a result is shown; small bright things do."""

import numpy as np
import pytest

from napari.layers import Image
from napari_deep_prior._napari.layers import contrast
from napari_deep_prior._napari.layers.contrast import limits_without_bad_pixels
from napari_deep_prior._napari.layers.source import Source

HOT = 4000


def noisy(shape=(80, 96)):
    return np.random.default_rng(0).normal(100, 5, shape).astype(np.float32)


def places(shape, count, seed=1):
    """Indices of so many pixels, of which some may touch."""
    return np.unravel_index(np.random.default_rng(seed).choice(np.prod(shape), count, replace=False), shape)


def with_hot(image, count=12, value=HOT):
    spoilt = image.copy()
    spoilt[places(image.shape, count)] = value
    return spoilt


def beads(image, count, sigma=1.0, height=3000.0):
    """The image with small beads as optics draw them."""
    y, x = np.indices(image.shape)
    rng = np.random.default_rng(2)
    centres = rng.uniform(6, np.array(image.shape) - 6, (count, 2))
    light = [np.exp(-((y - cy) ** 2 + (x - cx) ** 2) / (2 * sigma**2)) for cy, cx in centres]
    return (image + height * np.max(light, axis=0)).astype(image.dtype)


def limits(image, axes=(-2, -1)):
    return limits_without_bad_pixels(image, axes, (float(np.nanmin(image)), float(np.nanmax(image))))


def shown(image, **display):
    """Contrast limits that a result of this image gets."""
    return tuple(Source.of(Image(image, **display)).display["contrast_limits"])


def test_twelve_hot_pixels_do_not_make_a_small_result_dark():
    image = noisy()
    assert shown(with_hot(image)) == pytest.approx((image.min(), image.max()), abs=3)


@pytest.mark.parametrize("shape", [(24, 32), (80, 96), (1100, 1200)])
@pytest.mark.parametrize("share", [0.002, 0.02])
def test_it_does_not_matter_how_many_they_are_nor_that_some_touch(shape, share):
    image = noisy(shape)
    count = round(share * image.size)
    low, high = limits(with_hot(image, count))
    assert image.min() == pytest.approx(low, abs=3)
    assert image.max() == pytest.approx(high, abs=3)


def test_dead_pixels_do_not_make_all_else_white():
    image = noisy() + 5000
    assert limits(with_hot(image, value=0)) == pytest.approx((image.min(), image.max()), abs=3)


@pytest.mark.parametrize("sigma", [0.7, 1.0, 2.0])
@pytest.mark.parametrize("shape", [(80, 96), (512, 512)])
def test_small_bright_beads_are_no_hot_pixels(shape, sigma):
    image = beads(noisy(shape), 3, sigma)
    assert limits(image) is None


def test_neither_is_a_thin_filament():
    image = noisy()
    image[np.arange(10, 60), np.arange(10, 60)] = 3000
    assert limits(image) is None


def test_hot_pixels_among_beads_leave_the_beads_in_range():
    image = beads(noisy((256, 256)), 6)
    low, high = limits(with_hot(image, 40, 65535))
    assert (low, high) == pytest.approx((image.min(), image.max()), rel=0.1)


def test_saturated_structure_as_bright_as_hot_pixels_stays():
    image = noisy()
    image[20:28, 30:38] = HOT
    assert limits(with_hot(image)) is None


@pytest.mark.parametrize("labels", [("t", "y", "x"), ("y", "x", "t")])
def test_in_a_stack_neighbours_are_those_within_a_plane(labels):
    """A pixel that is hot in every plane has itself beside it in the planes next to it."""
    planes = noisy((6, 40, 48))
    at = places((40, 48), 12)
    spoilt = planes.copy()
    spoilt[:, at[0], at[1]] = HOT
    if labels[-1] == "t":
        planes, spoilt = np.moveaxis(planes, 0, -1), np.moveaxis(spoilt, 0, -1)
    assert shown(spoilt, axis_labels=labels) == pytest.approx((planes.min(), planes.max()), abs=3)


def test_few_photons_with_hot_pixels():
    image = np.random.default_rng(0).poisson(0.03, (80, 96)).astype(np.uint16)
    image[30:50, 30:50] = np.random.default_rng(0).poisson(3, (20, 20))
    low, high = limits(with_hot(image))
    assert low == 0
    assert 5 <= high <= image.max()


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((24, 32)),
        np.full((24, 32), 7, np.uint8),
        np.full((24, 32), np.nan),
        np.zeros((2, 32)),
        np.zeros((0, 5)),
        noisy(),
        with_hot(np.zeros((24, 32), np.uint16)),
        np.random.default_rng(0).integers(0, 2, (24, 32)),
    ],
)
def test_nothing_is_changed_where_there_is_nothing_to_tell(image):
    assert limits_without_bad_pixels(image, (0, 1), (0.0, 255.0 if image.dtype == np.uint8 else 5000.0)) is None


def test_what_has_no_value_is_no_neighbour():
    image = noisy()
    spoilt = with_hot(image)
    spoilt[:10] = np.nan
    spoilt[70:, :5] = np.inf
    rest = image[10:]
    assert limits_without_bad_pixels(spoilt, (0, 1), (float(rest.min()), float(HOT))) == pytest.approx(
        (rest.min(), rest.max()), abs=3
    )


def test_limits_that_somebody_has_set_stay():
    image = with_hot(noisy(), value=65535)
    assert limits_without_bad_pixels(image, (0, 1), (0.0, 300.0)) is None
    assert shown(image, contrast_limits=(0, 300)) == (0, 300)


def test_those_of_eight_bits_stay_as_they_were_opened_unless_pixels_are_bad():
    image = np.random.default_rng(0).integers(10, 20, (80, 96)).astype(np.uint8)
    assert shown(image) == (0, 255)
    assert shown(with_hot(image, value=255)) == (0, 19)


def test_of_a_large_film_only_some_is_looked_at(monkeypatch):
    """Napari too takes the limits of a large stack from some planes: the farthest pixel may lie beyond them."""
    for name, value in {"_SAMPLE": 2000, "_LOOKED_AT": 20000, "_AT_ONCE": 1500, "_NAPARI_LOOKS_AT": 20000}.items():
        monkeypatch.setattr(contrast, name, value)
    film = noisy((20, 80, 96))
    spoilt = with_hot(film, 300)
    spoilt[7, 30, 40] = 4100
    own = float(spoilt.min()), 3900.0
    assert limits_without_bad_pixels(spoilt, (1, 2), own) == pytest.approx((film.min(), film.max()), abs=5)
    assert limits_without_bad_pixels(spoilt, (1, 2), (0.0, 300.0)) is None
