"""Parts of a large plane: inside it, spread over all of it, and side by side what the plane holds there."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from napari_deep_prior.core.data.masks import Masks
from napari_deep_prior.core.data.regions import montage, spread


@given(rows=st.integers(4, 90), columns=st.integers(4, 90), side=st.integers(2, 40), number=st.integers(1, 16))
def test_parts_lie_inside_and_differ(rows: int, columns: int, side: int, number: int) -> None:
    regions = spread((rows, columns), side, number)
    corners = {(y.start, x.start) for y, x in regions}
    assert len(corners) == len(regions) >= 1
    for y, x in regions:
        assert 0 <= y.start < y.stop <= rows
        assert 0 <= x.start < x.stop <= columns
        assert (y.stop - y.start, x.stop - x.start) == (min(side, rows), min(side, columns))


def test_they_reach_from_corner_to_corner() -> None:
    regions = spread((100, 200), 20, 16)
    assert len(regions) == 16
    assert regions[0] == (slice(0, 20), slice(0, 20))
    assert regions[-1] == (slice(80, 100), slice(180, 200))
    assert spread((7, 100, 200), 20, 1) == [(slice(0, 7), slice(40, 60), slice(90, 110))]


def test_a_montage_holds_the_parts_and_their_masks() -> None:
    pixels = np.arange(2 * 40 * 50).reshape(2, 40, 50)
    known = pixels[0] % 3 > 0
    parts, masks = montage(pixels, Masks.of(pixels, known=known), 10, 4)
    assert parts.shape == (2, 10, 40)
    np.testing.assert_array_equal(masks.known, parts[0] % 3 > 0)
    np.testing.assert_array_equal(parts[:, :, -10:], pixels[:, -10:, -10:])
