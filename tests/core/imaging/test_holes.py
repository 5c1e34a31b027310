"""How wide the holes of a mask are."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from napari_deep_prior.core.imaging import holes


@given(st.integers(1, 40), st.integers(1, 40), st.floats(0.001, 1), st.integers(0, 99))
def test_depth_is_the_chessboard_distance_to_the_nearest_known_pixel(
    rows: int, columns: int, share: float, seed: int
) -> None:
    known = np.random.default_rng(seed).random((rows, columns)) < share
    known[0, -1] = True
    expected = ndimage.distance_transform_cdt(~known, "chessboard")[~known]
    np.testing.assert_array_equal(holes.chessboard_distance(known, np.nonzero(~known)), expected)


@pytest.mark.parametrize("width", [2, 4, 10, 30])
def test_a_stripe_is_as_wide_as_it_is(width: int) -> None:
    known = np.ones((50, 90), bool)
    known[:, 20 : 20 + width] = False
    found = holes.measure(known)
    assert found.typical_width == pytest.approx(width)
    assert found.max_width in (width - 1, width)
    assert found.fraction == pytest.approx(width / 90)


def test_fewer_known_pixels_are_wider_holes() -> None:
    draw = np.random.default_rng(0).random((200, 200))
    widths = [holes.measure(draw < share).typical_width for share in (0.9, 0.5, 0.1, 0.02)]
    assert widths == sorted(widths)
    assert widths[1] < 3
    assert 8 < widths[3] < 14


def test_of_many_missing_pixels_some_say_the_same() -> None:
    known = np.random.default_rng(0).random((600, 800)) < 0.2
    deep = holes.chessboard_distance(known, np.nonzero(~known))
    assert len(deep) > 3 * 100_000
    assert holes.measure(known).typical_width == pytest.approx(4 * deep.mean() - 2, rel=0.02)


def test_no_hole_has_no_width() -> None:
    assert holes.measure(np.ones((5, 5), bool)) == holes.NO_HOLES
