"""What is known of pixels when there are more of them; transparency, which says nothing where all is opaque."""

from __future__ import annotations

import imageio.v3 as iio
import numpy as np
import pytest
import tifffile

from napari_deep_prior import files
from napari_deep_prior.files import Picture, PixelSize


def test_a_finer_image_covers_the_same_field():
    sizes = {"Y": PixelSize(size=2.0, unit="µm"), "X": PixelSize(size=2.0, unit="µm")}
    picture = Picture(array=np.zeros((5, 7)), axes="YX", pixel_size=sizes, origin={"Y": 10.0})
    finer = picture.for_shape((10, 28))
    assert finer.pixel_size == {"Y": PixelSize(size=1.0, unit="µm"), "X": PixelSize(size=0.5, unit="µm")}
    assert finer.origin == {"Y": 9.5}  # the field begins at 9: half a pixel before the middle of the first
    assert picture.for_shape((5, 7)).origin == picture.origin


@pytest.mark.parametrize("size", [0.1, 0.065, 1 / 3, 6.45])
@pytest.mark.parametrize("pixels", [48, 49, 1000])
def test_pixels_of_the_same_size_stay_so_to_the_last_digit(size, pixels):
    picture = Picture(array=np.zeros((pixels, 7)), axes="YX", pixel_size={"Y": PixelSize(size=size, unit="µm")})
    assert picture.for_shape((pixels, 7)).pixel_size["Y"].size == size


def save_samples(path, array, alpha="unassalpha", planar=None):
    """A picture with an alpha channel: PNG, or TIFF that calls it so or says nothing of it."""
    if path.suffix == ".png":
        iio.imwrite(path, array)
        return
    colour = array.shape[-1] == 4
    stored = np.moveaxis(array, -1, 0) if planar else array
    kind = "rgb" if colour else "minisblack"
    tifffile.imwrite(path, stored, photometric=kind, extrasamples=[alpha], planarconfig=planar or "contig")


@pytest.mark.parametrize(
    ("name", "samples", "dtype", "how"),
    [
        ("a.png", 4, np.uint8, {}),
        ("a.png", 2, np.uint8, {}),
        ("a.tif", 4, np.uint8, {}),
        ("a.tif", 4, np.uint16, {"alpha": "assocalpha"}),
        ("a.tif", 4, np.float32, {"alpha": "unspecified"}),
        ("a.tif", 4, np.uint8, {"planar": "separate"}),
        ("a.tif", 2, np.uint8, {}),
    ],
)
def test_opaque_alpha_is_dropped_and_told_other_alpha_refused(tmp_path, name, samples, dtype, how, ramp):
    path, array = tmp_path / name, ramp((5, 7, samples), dtype)
    array[..., -1] = 1 if dtype == np.float32 else np.iinfo(dtype).max
    save_samples(path, array, **how)
    picture = files.read(path)
    assert "alpha" in picture.notes[0]
    colours = array[..., :-1] if samples == 4 else array[..., 0]
    if how.get("planar"):
        colours = np.moveaxis(colours, -1, 0)
    assert picture.axes == ("YX" if samples == 2 else "SYX" if how.get("planar") else "YXS")
    np.testing.assert_array_equal(picture.array, colours)
    array[0, 0, -1] = 0
    save_samples(path, array, **how)
    with pytest.raises(files.Unreadable, match=f"{path.name} has transparent pixels"):
        files.read(path)
