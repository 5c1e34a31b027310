"""Levels half as fine each, whatever the size, and chunks that shards hold whole."""

from __future__ import annotations

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from napari_deep_prior.files.formats import _zarr_pyramid as pyramid


def test_planes_are_halved_until_they_are_a_chunk():
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


def test_one_axis_alone_is_halved_where_the_other_has_one_pixel():
    array = np.arange(5.0)[None]
    np.testing.assert_array_equal(pyramid.halved(array, (1, 2)), [[0.5, 2.5, 4]])


@given(st.lists(st.integers(1, 5000), min_size=5, max_size=5))
def test_shards_are_whole_chunks_of_one_time_and_channel(shape):
    chunk, shard = pyramid.chunks("TCZYX", tuple(shape)), pyramid.shards("TCZYX", tuple(shape), 2)
    assert chunk == (1, 1, 1, min(512, shape[3]), min(512, shape[4]))
    if shard is not None:
        assert all(whole % part == 0 for whole, part in zip(shard, chunk, strict=True))
        assert shard[:2] == (1, 1)
        assert np.prod(shard) * 2 <= 2**26
        assert shard != chunk


@pytest.mark.parametrize(
    ("axes", "shape", "itemsize", "depth", "expected"),
    [
        ("YX", (512, 512), 2, None, None),
        ("YX", (700, 300), 2, None, (1024, 300)),
        ("YX", (9000, 9000), 2, None, (2048, 2048)),
        ("ZYX", (100, 512, 512), 2, None, (100, 512, 512)),
        ("ZYX", (1000, 512, 512), 2, None, (128, 512, 512)),
        ("ZYX", (100, 4096, 4096), 8, None, (2, 2048, 2048)),
        ("ZYX", (100, 512, 512), 2, 1, None),
        ("ZYX", (100, 1024, 512), 2, 1, (1, 1024, 512)),
        ("TCYX", (9, 2, 600, 600), 1, None, (1, 1, 1024, 1024)),
    ],
)
def test_a_stack_is_few_files_of_at_most_64_megabytes(axes, shape, itemsize, depth, expected):
    assert pyramid.shards(axes, shape, itemsize, depth) == expected
