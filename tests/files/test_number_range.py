"""The range of the numbers of an image: what is not finite has no part in it."""

from __future__ import annotations

import numpy as np

from napari_deep_prior.files.number_range import range_of


def test_it_is_that_of_what_is_finite() -> None:
    assert range_of(np.array([3, 250], np.uint8)) == (3.0, 250.0)
    assert range_of(np.array([[np.nan, -1.5], [np.inf, 2.0]])) == (-1.5, 2.0)
    assert range_of(np.array([np.nan])) == (0.0, 1.0)
