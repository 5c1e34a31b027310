"""A piece reads and writes its own part of the image."""

from __future__ import annotations

import numpy as np

from napari_deep_prior.core.data.axes import Axes
from napari_deep_prior.core.data.stack import PlaneStack


def test_a_piece_reads_and_writes_where_it_sits() -> None:
    image = np.arange(2 * 4 * 5, dtype=np.float32).reshape(2, 4, 5)
    stack = PlaneStack(image, Axes("TYX"))
    piece = stack.piece(1)
    np.testing.assert_array_equal(piece.read(), image[piece.index])
    piece.write(piece.read() + 100, np.ones((4, 5), np.float32))
    np.testing.assert_array_equal(stack.restored[0], image[0])
    np.testing.assert_array_equal(stack.restored[1], image[1] + 100)
    assert stack.uncertainty[1].all()
    assert not stack.uncertainty[0].any()
