"""Correlation of the noise of two planes: told from moving structure, and measured on the noise alone."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from napari_deep_prior.core.noise.between_planes import correlation_between

DRAW = np.random.default_rng(0)
KNOWN = np.ones((128, 128), np.bool_)


def scene(shift: int) -> np.ndarray:
    structure = gaussian_filter(np.random.default_rng(5).normal(size=(128, 160)), 3)[:, shift : shift + 128]
    return 500 + 900 * structure / structure.std()


@pytest.mark.parametrize("rho", [0.0, 0.3, 0.8])
@pytest.mark.parametrize("shift", [0, 12])
def test_it_is_that_of_the_noise_whether_the_scene_moves_or_not(rho: float, shift: int) -> None:
    common, one, other = DRAW.normal(0, 40, (3, 128, 128))
    first = scene(0) + np.sqrt(rho) * common + np.sqrt(1 - rho) * one
    second = scene(shift) + np.sqrt(rho) * common + np.sqrt(1 - rho) * other
    assert correlation_between(first[None], second[None], KNOWN) == pytest.approx(rho, abs=0.12)


def test_nothing_is_said_where_there_is_no_noise() -> None:
    flat = np.full((1, 128, 128), 7, np.uint16)
    assert correlation_between(flat, flat, KNOWN) is None


def test_noise_that_is_opposite_or_of_one_plane_only() -> None:
    noise, other = np.random.default_rng(1).normal(0, 40, (2, 1, 128, 128))
    assert correlation_between(noise, -noise, KNOWN) == pytest.approx(-1, abs=0.01)
    assert correlation_between(noise, 3 * other, KNOWN) == pytest.approx(0, abs=0.15)
    assert correlation_between(noise, np.zeros_like(noise), KNOWN) is None
    assert correlation_between(np.zeros_like(noise), noise, KNOWN) is None
