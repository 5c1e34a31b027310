"""A network draws shapes sooner than noise."""

from __future__ import annotations

import numpy as np
import pytest

import napari_deep_prior as package
from napari_deep_prior.demo import learning_curves as experiment

SETTINGS = package.Settings(
    iterations=60, seconds="never", preset="fast", method="deep-image-prior", stopping="never", device="cpu"
)


def smooth(*shape: int) -> np.ndarray:
    y, x = np.mgrid[: shape[0], : shape[1]]
    return (100 + 80 * np.sin(x / 6) * np.cos(y / 5)).astype(np.uint8)


def test_targets_differ_in_nothing_but_their_order() -> None:
    image = smooth(64, 80)
    what = experiment.targets(image, None, size=48, noise=0.1)
    clean = what.arrays[experiment.IMAGE]
    assert clean.shape == (48, 48)
    np.testing.assert_array_equal(clean, image[8:56, 16:64])
    shuffled = what.arrays[experiment.SHUFFLED]
    np.testing.assert_array_equal(np.sort(shuffled.ravel()), np.sort(clean.ravel()))
    assert not np.array_equal(shuffled, clean)
    white = what.arrays[experiment.NOISE]
    assert white.std() == pytest.approx(clean.std(), rel=0.05)
    assert white.mean() == pytest.approx(clean.mean(), rel=0.05)
    added = what.arrays[experiment.NOISY] - clean
    assert added.std() == pytest.approx(0.1 * np.ptp(clean), rel=0.1)
    assert what.floor == pytest.approx(added.var() / what.arrays[experiment.NOISY].var(), rel=0.1)


def test_colours_are_shuffled_together_and_a_stack_gives_its_first_plane() -> None:
    colour = np.stack([smooth(32, 32), smooth(32, 32) // 2, smooth(32, 32) // 4], axis=-1)
    what = experiment.targets(np.stack([colour, colour // 3]), "TYXS", size=100, noise=0.1)
    assert what.axes.letters == "YXS"
    np.testing.assert_array_equal(what.arrays[experiment.IMAGE], colour)
    pixels = {tuple(pixel) for pixel in colour.reshape(-1, 3)}
    assert {tuple(pixel) for pixel in what.arrays[experiment.SHUFFLED].reshape(-1, 3)} == pixels


def test_shapes_are_drawn_sooner_than_noise() -> None:
    curves = experiment.measure(experiment.targets(smooth(32, 32), None, size=32, noise=0.3), SETTINGS)
    left = {name: curve[-1][1] for name, curve in curves.items()}
    assert left[experiment.IMAGE] < left[experiment.NOISY] < left[experiment.NOISE]
    assert left[experiment.IMAGE] < left[experiment.SHUFFLED]


def test_the_lesson_names_the_steps() -> None:
    flat = {experiment.NOISY: [(10, 0.5), (20, 0.3)]}
    assert "20 steps the noise was not drawn" in experiment.lesson(flat, 0.1)
    over = {experiment.NOISY: [(10, 0.5), (20, 0.05), (30, 0.01)], experiment.ERROR: [(10, 0.2), (30, 0.4)]}
    said = experiment.lesson(over, 0.1)
    assert "from step 20 on" in said
    assert "at step 10" in said
