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
