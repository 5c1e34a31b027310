"""Borders of clean regions are found to the pixel; others stay as the blocks are."""

from __future__ import annotations

import numpy as np

from napari_deep_prior.core.noise.region_border import to_pixels

LABELS = (np.arange(8) < 4).astype(np.int64) + np.zeros((8, 1), np.int64)
CLEAN = np.array([True, False])


def planes(border: int) -> np.ndarray:
    noise = np.random.default_rng(0).normal(0, 10, (1, 64, 64))
    return 50 + noise * (np.arange(64) < border) + np.arange(64) / 10


def test_a_border_within_a_block_is_found() -> None:
    for border in (28, 32, 37):
        labels = to_pixels(planes(border), LABELS, CLEAN)
        wrong = (labels == 1) != (np.arange(64) < border)
        assert wrong.mean() < 0.03


def test_without_a_clean_region_the_blocks_stay() -> None:
    labels = to_pixels(planes(28), LABELS, np.array([False, False]))
    np.testing.assert_array_equal(labels, np.kron(LABELS, np.ones((8, 8), int)))


def test_pixels_beyond_the_last_block_belong_to_it() -> None:
    labels = to_pixels(np.random.default_rng(0).normal(0, 1, (1, 69, 66)), LABELS, np.array([False, False]))
    assert labels.shape == (69, 66)
    assert (labels[-1] == labels[63, [*range(64), 63, 63]]).all()


def test_beside_a_clean_region_each_side_keeps_its_own_number() -> None:
    """Noise of two strengths with a clean stripe between them."""
    labels = np.repeat([2, 2, 2, 0, 0, 0, 1, 1, 1], 1)[None].repeat(9, 0)
    column = np.arange(72)
    noise = np.random.default_rng(0).normal(0, 1, (1, 72, 72)) * np.where(column < 27, 20, np.where(column < 52, 0, 5))
    found = to_pixels(50 + noise, labels, np.array([True, False, False]))
    expected = np.where(column < 27, 2, np.where(column < 52, 0, 1))
    assert np.mean(found == expected) > 0.96
    assert set(np.unique(found[:, :27])) <= {0, 2}
    assert set(np.unique(found[:, 52:])) <= {0, 1}
    assert np.mean((found == 0) & (expected != 0)) < 0.01, "hardly any noise is taken for clean"


def test_noise_as_strong_as_beside_it_is_not_clean_far_from_the_border() -> None:
    """What the blocks say holds there, however still a place may be by chance."""
    image = planes(32)
    image[:, 20:30, 4:14] = 50
    assert (to_pixels(image, LABELS, CLEAN)[20:30, 4:14] == 1).all()
