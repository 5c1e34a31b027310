"""Pixels that stay in their file until they are asked for."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from napari_deep_prior.files.lazy_array import LazyArray

THERE = np.arange(2 * 3 * 4, dtype=">u2").reshape(2, 3, 4)


@pytest.mark.parametrize(
    "index",
    [0, (1, 2), (slice(None), 1), (..., 3), (1, ...), ..., (0, slice(1, 3), slice(None)), (-1, slice(None), slice(2))],
)
def test_it_is_indexed_like_an_array(index: Any) -> None:
    asked: list[Any] = []

    def read(place: Any) -> np.ndarray:
        asked.append(place)
        return THERE[place]

    lazy = LazyArray(THERE.shape, THERE.dtype, read)
    assert not asked
    found = lazy[index]
    np.testing.assert_array_equal(found, THERE[index])
    assert found.dtype == np.uint16
    assert found.dtype.isnative
    assert len(asked[0]) == 3


def test_it_has_the_size_of_the_whole() -> None:
    lazy = LazyArray((10**6, 512, 512), np.dtype("uint16"), lambda _: np.zeros(0))
    assert (lazy.ndim, lazy.size, lazy.nbytes) == (3, 10**6 * 2**18, 2 * 10**6 * 2**18)


def test_it_becomes_an_array_where_one_is_needed() -> None:
    lazy = LazyArray(THERE.shape, THERE.dtype, lambda place: THERE[place])
    np.testing.assert_array_equal(np.asarray(lazy), THERE)
    assert np.asarray(lazy, np.float32).dtype == np.float32
