"""Cameras store pictures lying: they are read as any viewer shows them, with their masks and pixel sizes."""

from __future__ import annotations

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageOps

from napari_deep_prior import files
from napari_deep_prior.files import Picture, PixelSize
from napari_deep_prior.files.orientation import is_upright, turn_upright


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.tif"])
def test_as_any_viewer_shows_it(tmp_path, orientation, name):
    stored = np.kron(np.arange(6, dtype=np.uint8).reshape(2, 3) * 40, np.ones((16, 16), np.uint8))
    if name == "a.tif":
        tifffile.imwrite(tmp_path / name, stored, metadata=None, extratags=[(274, 3, 1, orientation, True)])
    else:
        picture = Image.fromarray(stored)
        exif = picture.getexif()
        exif[274] = orientation
        picture.save(tmp_path / name, exif=exif, **({"quality": 100} if name == "a.jpg" else {}))
    shown = Image.fromarray(stored)
    shown.getexif()[274] = orientation
    read = files.read(tmp_path / name)
    np.testing.assert_allclose(read.array, np.asarray(ImageOps.exif_transpose(shown)), atol=2)
    assert bool(read.notes) == (orientation != 1)


def test_masks_are_turned_too(tmp_path):
    stored = np.zeros((4, 6), np.uint8)
    stored[0, :2] = 1
    tifffile.imwrite(tmp_path / "a.tif", stored, metadata=None, extratags=[(274, 3, 1, 6, True)])
    np.testing.assert_array_equal(files.read_labels(tmp_path / "a.tif").array, np.rot90(stored, -1))


def test_sizes_go_with_their_axes(tmp_path):
    sizes = {"X": PixelSize(size=2.0, unit="µm"), "Y": PixelSize(size=3.0, unit="µm")}
    lying = Picture(array=np.zeros((3, 4, 6)), axes="ZYX", pixel_size=sizes)
    turned = turn_upright(lying, 6, tmp_path)
    assert turned.array.shape == (3, 6, 4)
    assert (turned.pixel_size["X"].size, turned.pixel_size["Y"].size) == (3.0, 2.0)
    assert turn_upright(lying, 9, tmp_path) is lying


def test_most_pictures_are_stored_upright():
    assert [orientation for orientation in (None, *range(1, 9)) if is_upright(orientation)] == [None, 1]
