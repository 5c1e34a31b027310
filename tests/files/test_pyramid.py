"""Levels half as fine each, whatever the size."""

from __future__ import annotations

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from napari_deep_prior.files import pyramid


def test_planes_are_halved_until_they_are_small():
    assert pyramid.factors("ZYX", (3, 512, 100)) == [(1, 1, 1)]
    assert pyramid.factors("ZYX", (9, 1500, 3)) == [(1, 1, 1), (1, 2, 2), (1, 4, 4)]
    assert pyramid.factors("YX", (1, 1025)) == [(1, 1), (1, 2), (1, 4)]
    assert pyramid.factors("TYX", (5000, 8, 8)) == [(1, 1, 1)]


@given(st.integers(1, 9), st.integers(1, 9), st.sampled_from(["float32", "uint8"]))
def test_means_of_what_is_there(height, width, dtype):
    array = np.random.default_rng(height * 10 + width).integers(0, 255, (2, height, width)).astype(dtype)
    coarse = pyramid.halved(array, (1, 2, 2))
    assert coarse.shape == (2, -(-height // 2), -(-width // 2))
    assert coarse.dtype == array.dtype
    for n, y, x in np.ndindex(coarse.shape):
        mean = array[n, 2 * y : 2 * y + 2, 2 * x : 2 * x + 2].mean(dtype=float)
        assert coarse[n, y, x] == pytest.approx(np.rint(mean) if dtype == "uint8" else mean, rel=1e-6)


@given(st.integers(1, 40), st.integers(1, 9), st.integers(1, 5))
def test_bands_of_rows_make_the_same(height, width, band):
    array = np.random.default_rng(height).integers(0, 2**16, (height, width)).astype(np.uint16)
    steps = (2, 2) if width > 1 else (2, 1)
    whole = pyramid.halved(array, steps)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pyramid, "_BAND", 2 * band)
        np.testing.assert_array_equal(pyramid.halved(array, steps), whole)


def test_one_axis_alone_is_halved_where_the_other_has_one_pixel():
    array = np.arange(5.0)[None]
    np.testing.assert_array_equal(pyramid.halved(array, (1, 2)), [[0.5, 2.5, 4]])
