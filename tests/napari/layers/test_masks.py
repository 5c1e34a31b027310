"""Masks over any image, pixel on pixel: bad pixels found and counted."""

import numpy as np
import pytest

from napari.layers import Image
from napari_deep_prior._napari.engine import load
from napari_deep_prior._napari.layers.masks import bad_pixels, counted, shape_over
from napari_deep_prior._napari.layers.source import Source
from napari_deep_prior.core.imaging.bad_pixels import KINDS

HOT, NAN = KINDS.index("hot") + 1, KINDS.index("nan") + 1


@pytest.mark.parametrize(
    ("shape", "letters", "rgb", "wanted"),
    [
        ((3, 20, 30), "tyx", False, (3, 20, 30)),
        ((20, 30, 3), "yx", True, (20, 30)),
        ((2, 3, 20, 30), "tcyx", False, (2, 3, 20, 30)),
    ],
)
def test_bad_pixels_of_any_image(shape, letters, rgb, wanted):
    data = np.random.default_rng(0).normal(100, 3, shape)
    at = (1,) * (len(shape) - 2 - rgb) + (10, 12)
    data[(*at, 1) if rgb else at] = 2000
    source = Source.of(Image(np.clip(data, 0, 255).astype(np.uint8) if rgb else data, rgb=rgb, axis_labels=letters))
    labels = bad_pixels(load(), source, KINDS)
    assert labels.shape == shape_over(source) == wanted
    assert list(zip(*np.nonzero(labels), strict=True)) == [at]
    assert labels[at] == HOT


def test_what_is_found_is_counted_in_words():
    labels = np.array([[0, HOT, HOT], [0, 0, NAN]], np.uint8)
    assert counted(labels, KINDS, "cells") == "Marked 3 pixels of 'cells': hot 2, without a value 1."
    assert counted(labels * 0, KINDS, "cells") == "No bad pixels were found in 'cells'."
