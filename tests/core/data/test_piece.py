"""A piece reads its own part of the image."""

from __future__ import annotations

import numpy as np

from napari_deep_prior.core.data.axes import Axes
from napari_deep_prior.core.data.stack import PlaneStack


def test_a_piece_reads_where_it_sits() -> None:
    image = np.arange(2 * 4 * 5, dtype=np.float32).reshape(2, 4, 5)
    piece = PlaneStack(image, Axes("TYX")).piece(1)
    assert piece.number == 1
    np.testing.assert_array_equal(piece.read(), image[piece.index])
