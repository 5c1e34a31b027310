"""Neighbours of a plane: on both sides, mirrored at the ends, never the plane itself."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_deep_prior.core.data.axes import Axes
from napari_deep_prior.core.data.neighbours import context_axis, neighbours, within


@pytest.mark.parametrize(
    ("letters", "shape", "volume", "axis"),
    [
        ("YX", (9, 9), False, None),
        ("TYX", (3, 9, 9), False, "T"),
        ("TYX", (2, 9, 9), False, None),
        ("TZYX", (5, 6, 9, 9), False, "T"),
        ("TZYX", (2, 6, 9, 9), False, "Z"),
        ("ZYX", (6, 9, 9), True, None),
        ("TZYX", (5, 6, 9, 9), True, "T"),
        ("QYX", (4, 9, 9), False, "Q"),
        ("PYX", (8, 9, 9), False, None),
    ],
)
def test_time_comes_before_depth_and_positions_are_no_neighbours(letters, shape, volume, axis) -> None:
    assert context_axis(Axes(letters, volume), shape) == axis


@pytest.mark.parametrize(
    ("letters", "shape", "wanted", "axis"),
    [
        ("TZYX", (5, 6, 9, 9), "Z", "Z"),
        ("TZYX", (5, 6, 9, 9), "T", "T"),
        ("TZYX", (5, 2, 9, 9), "Z", None),
        ("TQYX", (5, 6, 9, 9), "Z", "Q"),
        ("ZYX", (6, 9, 9), "T", None),
    ],
)
def test_the_one_that_is_asked_for_is_taken_or_none(letters, shape, wanted, axis) -> None:
    assert context_axis(Axes(letters), shape, wanted=wanted) == axis


@given(frames=st.integers(3, 9), depth=st.integers(1, 4), reach=st.integers(1, 4), seed=st.integers(0, 99))
def test_they_lie_beside_the_plane_and_are_never_itself(frames: int, depth: int, reach: int, seed: int) -> None:
    reach = min(reach, (frames - 1) // 2)
    axes, shape = Axes("TZYX"), (frames, depth, 2, 2)
    number = seed % (frames * depth)
    t, z = divmod(number, depth)
    found = [divmod(n, depth) for n in neighbours(axes, shape, number, "T", reach)]
    assert len(found) == 2 * reach
    assert {plane for _, plane in found} == {z}
    assert t not in {frame for frame, _ in found}
    inside = {t + step for step in range(-reach, reach + 1)} - {t}
    assert {frame for frame, _ in found} >= {frame for frame in inside if 0 <= frame < frames}
    assert max(abs(frame - t) for frame, _ in found) <= reach


def test_the_nearest_come_first() -> None:
    assert neighbours(Axes("TYX"), (9, 2, 2), 4, "T", 2) == [3, 5, 2, 6]
    assert neighbours(Axes("TYX"), (9, 2, 2), 0, "T", 2) == [1, 1, 2, 2]
    assert neighbours(Axes("TYX"), (9, 2, 2), 1, "T", 2) == [0, 2, 3, 3]
    assert neighbours(Axes("TYX"), (9, 2, 2), 8, "T", 2) == [7, 7, 6, 6]
    assert list(np.unique(neighbours(Axes("YXT"), (2, 2, 9), 4, "T", 1))) == [3, 5]


def test_those_within_reach_end_with_the_stack() -> None:
    assert within(Axes("TYX"), (9, 2, 2), 1, "T", 3) == [0, 2, 3, 4]
    assert within(Axes("TZYX"), (3, 2, 2, 2), 3, "T", 8) == [1, 5]
