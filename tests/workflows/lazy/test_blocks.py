"""Blocks of a stack: every plane lies in one, and all that is read for it is in those that are named."""

from __future__ import annotations

import numpy as np
import pytest

from napari_deep_prior.core.data.axes import Axes
from napari_deep_prior.core.data.neighbours import neighbours, within
from napari_deep_prior.workflows.lazy.blocks import Blocks

BLOCKS = Blocks(((3, 2, 4), (2, 1)))


def test_each_plane_lies_in_one_block() -> None:
    numbers = [int(n) for block in range(len(BLOCKS)) for n in BLOCKS.planes(block).flat]
    assert sorted(numbers) == list(range(9 * 3))
    np.testing.assert_array_equal(BLOCKS.planes(3), [[11], [14]])


def test_a_single_plane_is_one_block() -> None:
    assert [int(n) for n in Blocks(()).planes(0).flat] == [0]
    assert Blocks(()).read_for(0, lambda number: [number]) == [0]


@pytest.mark.parametrize("reach", [1, 2, 8])
def test_all_that_is_read_lies_in_the_blocks_that_are_named(reach: int) -> None:
    axes, shape = Axes("TZYX"), (9, 3, 8, 8)

    def reads(number: int) -> list[int]:
        near = neighbours(axes, shape, number, "T", min(reach, 4))
        return sorted({number, *near, *within(axes, shape, number, "T", reach)})

    for block in range(len(BLOCKS)):
        there = {int(n) for other in BLOCKS.read_for(block, reads) for n in BLOCKS.planes(other).flat}
        assert {n for number in BLOCKS.planes(block).flat for n in reads(int(number))} <= there
    assert BLOCKS.read_for(1, lambda number: [number]) == [1]
