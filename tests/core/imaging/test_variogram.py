"""What is far from all that was measured is not known: as little as the image changes over that distance."""

from __future__ import annotations

import numpy as np
import pytest

from napari_deep_prior.core.imaging.variogram import error_between_pixels, error_in_holes, semivariance


def walks(rows: int = 40, columns: int = 400) -> np.ndarray:
    """A random walk along x in each row, the same up and down: steps of 1, so that pixels n apart differ by the root of n."""
    steps = np.random.default_rng(0).normal(0, 1, columns)
    return np.broadcast_to(steps.cumsum(), (1, rows, columns)).copy()


def test_the_semivariance_of_a_walk_grows_with_the_lag_and_noise_is_left_out() -> None:
    image, known = walks(), np.ones((40, 400), bool)
    found = semivariance(image, known, 0.0)
    assert found[0, 0] == 0
    assert found[0, 1] == pytest.approx(0.25, rel=0.2)  # half along x, nothing along y
    assert found[0, 8] == pytest.approx(8 * found[0, 1], rel=0.3)
    assert (np.diff(found) >= 0).all()
    noisy = image + np.random.default_rng(1).normal(0, 2, image.shape)
    assert semivariance(noisy, known, 4.0)[0, 8] == pytest.approx(found[0, 8], rel=0.2)


@pytest.mark.parametrize("shape", [(1, 60), (19, 24), (50, 3)])
def test_images_narrower_than_the_farthest_lag(shape: tuple[int, int]) -> None:
    image = np.random.default_rng(0).normal(0, 1, (2, *shape))
    found = semivariance(image, np.ones(shape, bool), 0.0)
    np.testing.assert_allclose(found[:, 1], 1, rtol=0.5)
    known = np.ones(shape, bool)
    known[:, : shape[1] // 2] = False
    assert (error_in_holes(image, known, 0.0)[:, ~known] > 0.5).all()


def test_the_middle_of_a_hole_is_less_certain_than_its_rim_and_known_pixels_have_none() -> None:
    known = np.ones((40, 400), bool)
    known[10:30, 100:120] = False
    error = error_in_holes(walks(), known, 0.0)
    assert not error[0, known].any()
    assert 0 < error[0, 10, 110] < 0.6 * error[0, 20, 110]
    volume = error_in_holes(walks()[:, None].repeat(2, 1), np.stack([known, known | True]), 0.0)
    np.testing.assert_allclose(volume[:, 0], error, rtol=1e-9)
    assert not volume[:, 1].any()


@pytest.mark.parametrize("width", [1, 3, 9])
def test_interpolated_holes_are_off_by_about_as_much(width: int) -> None:
    draw = np.random.default_rng(2)
    spectrum = np.fft.rfft2(draw.normal(0, 1, (160, 160)))
    fy, fx = np.fft.fftfreq(160)[:, None], np.fft.rfftfreq(160)[None]
    image = np.fft.irfft2(spectrum / np.maximum(np.hypot(fy, fx), 1 / 160), (160, 160))[None]  # as photographs have it
    known = np.ones((160, 160), bool)
    for y, x in draw.integers(5, 145, (40, 2)):
        known[y : y + width, x : x + width] = False
    filled = image.copy()
    for y, x in np.argwhere(~known):
        near = np.hypot(*(np.mgrid[:160, :160] - np.array([y, x])[:, None, None]))
        filled[0, y, x] = image[0][known & (near < near[known].min() + 1.5)].mean()
    off = np.sqrt(np.mean((filled - image)[0, ~known] ** 2))
    told = np.sqrt(np.mean(error_in_holes(image, known, 0.0)[0, ~known] ** 2))
    assert 0.7 < told / off < 2


def test_between_pixels_is_what_neighbours_differ_by() -> None:
    image = np.zeros((1, 20, 30))
    image[..., 15:] = 4.0
    error = error_between_pixels(image, 0.0)
    assert error.shape == image.shape
    assert not error[..., :13].any()
    assert 0.5 < error[0, 10, 15] < 2
    assert not error_between_pixels(image, 100.0).any()
    assert np.isfinite(error_between_pixels(np.ones((1, 1, 1)), 0.0)).all()
