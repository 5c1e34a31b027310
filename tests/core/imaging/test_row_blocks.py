"""Blocks of rows cover each row once, whatever the shape."""

from __future__ import annotations

import pytest

from napari_deep_prior.core.imaging.row_blocks import row_blocks


@pytest.mark.parametrize("shape", [(1, 5, 7), (3, 4096, 4096), (2, 9, 3, 2**21), (5, 1), (2**21, 1), (3, 0, 4)])
def test_they_cover_each_row_once(shape: tuple[int, ...]) -> None:
    rows = [row for block in row_blocks(shape) for row in range(block.start, block.stop)]
    assert rows == list(range(shape[-2]))


def test_a_block_of_a_large_image_is_a_small_part() -> None:
    blocks = row_blocks((1, 4096, 4096))
    assert len(blocks) == 16
    assert len(row_blocks((1, 512, 512))) == 1
