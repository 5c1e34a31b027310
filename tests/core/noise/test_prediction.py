"""The error of predicting a pixel from its neighbours: nothing for flat images, the noise itself for noise."""

from __future__ import annotations

import numpy as np
import pytest

from napari_deep_prior.core.noise.prediction import neighbour_prediction_error

ALL = np.ones((90, 80), bool)


def test_a_flat_image_is_predicted_exactly() -> None:
    assert neighbour_prediction_error(np.full((2, 90, 80), 3.0), ALL, 0) == pytest.approx(0, abs=1e-20)


@pytest.mark.parametrize(("exclude", "neighbours"), [(0, 7**2 - 1), (1, 9**2 - 3**2)])
def test_independent_noise_is_not_predicted(exclude: int, neighbours: int) -> None:
    """Its variance, and that of the mean of the neighbours."""
    noise = np.random.default_rng(0).normal(0, 2, (1, 90, 80))
    error = neighbour_prediction_error(noise, ALL, exclude)
    assert error == pytest.approx(4 * (1 + 1 / neighbours), rel=0.05)


def test_correlated_neighbours_can_be_excluded() -> None:
    white = np.random.default_rng(0).normal(0, 1, (1, 90, 80))
    wide = sum(np.roll(white, (dy, dx), (1, 2)) for dy in (0, 1) for dx in (0, 1))
    assert neighbour_prediction_error(wide, ALL, 0) < 0.97 * neighbour_prediction_error(wide, ALL, 1)


def test_unknown_pixels_neither_predict_nor_are_predicted() -> None:
    image = np.random.default_rng(0).normal(0, 1, (1, 90, 80))
    known = ALL.copy()
    known[20:50, ::3] = False
    other = np.where(known, image, 1e6)
    assert neighbour_prediction_error(image, known, 1) == neighbour_prediction_error(other, known, 1)


def test_without_known_neighbours_the_error_is_infinite() -> None:
    assert neighbour_prediction_error(np.ones((1, 5, 5)), np.zeros((5, 5), bool), 0) == np.inf
    alone = np.zeros((31, 31), bool)
    alone[15, 15] = True
    assert neighbour_prediction_error(np.ones((1, 31, 31)), alone, 0) == np.inf


def test_the_error_is_the_mean_over_the_channels() -> None:
    noise = np.random.default_rng(0).normal(0, 1, (2, 90, 80)) * np.array([1.0, 5.0])[:, None, None]
    each = [neighbour_prediction_error(channel[None], ALL, 1) for channel in noise]
    assert neighbour_prediction_error(noise, ALL, 1) == pytest.approx(np.mean(each))


def test_the_mean_of_the_known_neighbours_is_the_prediction() -> None:
    """Of a single pixel of 1 among zeros, in a corner and far from the edges."""
    image = np.zeros((1, 9, 9))
    image[0, 4, 4] = 1
    assert neighbour_prediction_error(image, np.ones((9, 9), bool), 0) == pytest.approx(_naive(image[0]))
    corner = np.zeros((1, 9, 9))
    corner[0, 0, 0] = 1
    assert neighbour_prediction_error(corner, np.ones((9, 9), bool), 0) == pytest.approx(_naive(corner[0]))


def _naive(image: np.ndarray) -> float:
    errors = []
    for y, x in np.ndindex(image.shape):
        around = image[max(0, y - 3) : y + 4, max(0, x - 3) : x + 4]
        errors.append((image[y, x] - (around.sum() - image[y, x]) / (around.size - 1)) ** 2)
    return float(np.mean(errors))
