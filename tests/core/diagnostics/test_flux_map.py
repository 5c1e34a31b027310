"""Flux map: light that was taken from a place shows there and nowhere else, in every kind of image."""

from __future__ import annotations

import numpy as np
import pytest

from napari_deep_prior import Denoise
from napari_deep_prior.core.data.axes import Axes
from napari_deep_prior.core.diagnostics.flux_map import flux_map

SHAPE = (128, 144)
CLEAN = np.full(SHAPE, 100.0)


def noisy(*before: int, after: tuple[int, ...] = ()) -> np.ndarray:
    return np.random.default_rng(0).normal(100, 5, (*before, *SHAPE, *after))


@pytest.mark.parametrize(
    ("letters", "image", "volume"),
    [
        ("YX", noisy(), False),
        ("TYX", noisy(3), False),
        ("YXC", noisy(after=(3,)), False),
        ("CYX", noisy(2), False),
        ("ZYX", noisy(4), True),
    ],
)
def test_light_that_is_missing_shows_where_it_is_missing(letters: str, image: np.ndarray, volume: bool) -> None:
    restored = np.full(image.shape, 100.0, np.float32)
    place = tuple(slice(8, 24) if letter == "Y" else slice(112, 128) if letter == "X" else 1 for letter in letters)
    restored[place] -= 10  # two standard deviations, over 256 pixels
    told = flux_map(image, restored, Denoise(), Axes(letters, volume=volume))
    assert told.shape == image.shape
    assert told.dtype == np.float32
    assert told[place].max() > 20
    rest = told.copy()
    aside = [index for index, letter in enumerate(letters) if letter in "TZ"]
    if aside:
        rest = np.delete(rest, 1, axis=aside[0])
        assert np.abs(rest).max() < 5
    far = tuple(
        slice(120, 128) if letter == "Y" else slice(0, 8) if letter == "X" else slice(None) for letter in letters
    )
    assert np.abs(told[far]).max() < 5


def test_nothing_is_said_where_nothing_was_measured() -> None:
    image = noisy()
    image[:, :10] = np.nan
    restored = np.full(SHAPE, 90.0, np.float32)
    told = flux_map(image, restored, Denoise(), Axes("YX"))
    assert (told[:, :10] == 0).all()
    assert told[:, 20:].min() > 4
