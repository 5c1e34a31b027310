"""The mosaic reads like the array that it stands for, whatever napari asks, and reads no more than that."""

import dask.array as da
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_deep_prior._napari.layers.lazy_stack import EveryNth, LazyStack
from napari_deep_prior.files.lazy_array import whole_key

SHAPE = (3, 5, 2, 4)


def keys():
    """Whole numbers, slices and dots, as a viewer slices."""
    one = st.one_of(*(st.just(slice(None)), st.slices(4), st.integers(-2, 1)))
    return st.lists(one, max_size=4).map(tuple) | st.just(...) | st.just((..., 1)) | st.just((0, ..., slice(1)))


@given(key=keys(), restored=st.sets(st.tuples(st.integers(0, 2), st.integers(0, 1))))
def test_it_reads_like_an_array(key, restored):
    source = np.arange(120).reshape(SHAPE)
    whole = source.astype(np.float32)
    mosaic = LazyStack(source, np.dtype(np.float32), (0, slice(None), 0, slice(None)))
    for first, second in restored:
        index = first, slice(None), second, slice(None)
        mosaic[index] = whole[index] = np.full((5, 4), -7, np.float32)
    assert np.array_equal(mosaic[key], whole[key])
    assert mosaic[key].dtype == np.float32
    assert np.array_equal(np.asarray(mosaic), whole)
    assert (mosaic.shape, mosaic.ndim, mosaic.size) == (whole.shape, whole.ndim, whole.size)


@given(key=keys(), steps=st.tuples(*[st.integers(1, 6)] * 4))
def test_every_so_many_th_pixel_reads_like_an_array(key, steps):
    source = np.arange(120).reshape(SHAPE)
    coarse, same = EveryNth(source, steps), source[tuple(slice(None, None, step) for step in steps)]
    if any(
        isinstance(at, int) and not -size <= at < size for at, size in zip(whole_key(key, 4), same.shape, strict=True)
    ):
        with pytest.raises(IndexError):
            coarse[key]
        return
    assert np.array_equal(coarse[key], same[key])
    assert np.array_equal(np.asarray(coarse), same)
    assert (coarse.shape, coarse.ndim, coarse.size, coarse.dtype) == (same.shape, same.ndim, same.size, same.dtype)


def test_only_what_is_looked_at_is_read():
    read = []

    def plane(block_info=None):
        read.append(block_info[None]["chunk-location"][0])
        return np.zeros((1, 8, 8))

    source = da.map_blocks(plane, chunks=((1,) * 5, (8,), (8,)), dtype=float)
    mosaic = LazyStack(source, np.dtype(float), (0, slice(None), slice(None)))
    mosaic[3, :, :] = np.ones((8, 8))
    read.clear()
    assert mosaic[3].all()
    assert read == []
    assert not mosaic[1, 2:4].any()
    assert read == [1]
    with pytest.raises(IndexError):
        mosaic[5]
