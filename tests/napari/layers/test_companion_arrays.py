"""What goes with an image is written as a file that goes with the image's file."""

import numpy as np
import pytest

from napari.layers import Image, Labels, Shapes
from napari_deep_prior import files
from napari_deep_prior._napari.layers.companion_arrays import write_on

STACK = Image(np.zeros((3, 8, 10)), axis_labels=("t", "y", "x"), name="film")
MASK = np.zeros((8, 10), np.uint8)
MASK[2:4, 2:6] = 1


@pytest.mark.parametrize(
    ("layer", "axes"),
    [
        (Labels(MASK), "YX"),
        (Labels(np.stack([MASK] * 3), axis_labels=("t", "y", "x")), "TYX"),
        (Labels(MASK[::2, ::2], scale=(2, 2), translate=(0.5, 0.5)), "YX"),
        (Shapes([np.array([[2, 2], [2, 5], [3, 5], [3, 2]])]), "YX"),
    ],
    ids=["one plane", "each plane", "coarser", "drawn"],
)
def test_a_mask_lies_over_the_image(tmp_path, layer, axes):
    write_on(STACK, layer, tmp_path / "mask.tif", own_grid=False)
    found = files.read(tmp_path / "mask.tif")
    assert found.axes == axes
    np.testing.assert_array_equal(found.array, np.broadcast_to(MASK, found.array.shape))


def test_what_has_a_grid_of_its_own_keeps_it_and_its_size(tmp_path):
    psf = Image(np.outer([1, 2, 1], [1, 3, 1]).astype(np.float32), scale=(0.1, 0.1), units=("um", "um"))
    write_on(STACK, psf, tmp_path / "psf.tif", own_grid=True)
    found = files.read(tmp_path / "psf.tif")
    np.testing.assert_array_equal(found.array, psf.data)
    assert found.pixel_size["X"].in_unit("nm") == pytest.approx(100)


def test_what_lies_elsewhere_is_refused(tmp_path):
    with pytest.raises(ValueError, match="does not overlap"):
        write_on(STACK, Labels(MASK, translate=(100, 100)), tmp_path / "mask.tif", own_grid=False)
