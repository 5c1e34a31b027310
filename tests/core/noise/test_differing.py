"""Noise that differs from place to place is measured where it is strongest."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from napari_deep_prior.core.noise.differing import measure_differing, strongest
from napari_deep_prior.core.noise.estimate import measure

ALL = np.ones((128, 128), bool)
STRENGTH = np.where(np.arange(128) < 64, np.float32(1.6), np.float32(0.4)) + np.zeros((128, 1), np.float32)


def test_it_is_told_as_the_mean_over_the_image() -> None:
    image = np.random.default_rng(0).normal(0, 10, (1, 128, 128)) * np.sqrt(STRENGTH)
    found = measure_differing(image, ALL, STRENGTH)
    assert found.sigma == pytest.approx(10, rel=0.1)
    assert measure_differing(image, ALL, None) == measure(image, ALL)


def test_the_line_scales_with_it() -> None:
    plain = measure(np.random.default_rng(0).normal(0, 10, (1, 128, 128)), ALL)
    twice = dataclasses.replace(plain, gain=0.5).times(4)
    assert twice.sigma == pytest.approx(2 * plain.sigma)
    assert twice.gain == 2.0
    assert twice.base == pytest.approx(4 * plain.base)


def test_a_few_pixels_do_not_speak_for_all() -> None:
    strength = STRENGTH.copy()
    strength[:4, :4] = 50
    assert (strongest(ALL, strength) == (strength == np.float32(1.6))).all()


def test_where_none_is_frequent_the_most_frequent_is_measured() -> None:
    strength = np.repeat(np.arange(1, 33, dtype=np.float32), 4)[None].repeat(128, 0)
    strength[:, :6] = 2
    assert (strongest(ALL, strength) == (strength == 2)).all()
    known = ALL.copy()
    known[:, :8] = False
    assert not (strongest(known, strength) & ~known).any()


def test_without_a_known_pixel_there_is_no_noise() -> None:
    assert measure_differing(np.ones((1, 128, 128)), ~ALL, STRENGTH).sigma == 0


@pytest.mark.parametrize(("columns", "enough"), [(10, True), (7, False)])
def test_a_sixteenth_of_the_pixels_is_enough(columns: int, enough: bool) -> None:
    strength = STRENGTH.copy()
    strength[:, :columns] = 9
    assert (strongest(ALL, strength) == (strength == np.float32(9 if enough else 1.6))).all()
