"""What is known of pixels when there are more of them; transparency, which says nothing where all is opaque."""

from __future__ import annotations

import imageio.v3 as iio
import numpy as np
import pytest
import tifffile

from napari_deep_prior import files
from napari_deep_prior.files import Picture, PixelSize
from napari_deep_prior.files.picture import from_density, measured, pixel_size


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


def test_spacing_of_each_axis_but_the_colours():
    sizes = {"Y": PixelSize(size=0.5, unit="µm"), "T": PixelSize(size=2.0, unit="min")}
    picture = Picture(array=np.zeros((2, 5, 7, 3)), axes="TYXS", pixel_size=sizes)
    assert picture.spacing() == [("T", 2.0, "min"), ("Y", 0.5, "µm"), ("X", 1.0, "pixel")]
    assert Picture(array=np.zeros((5, 7)), axes=None, pixel_size=sizes).spacing() == []


@pytest.mark.parametrize(
    ("size", "unit", "other", "expected"),
    [
        (0.65, "µm", "nm", 650),
        (650, "nm", "µm", 0.65),
        (1, "in", "mm", 25.4),
        (25.4, "mm", "in", 1),
        (1.2, "Å", "nm", 0.12),
        (3, "pm", "nm", 0.003),
        (2, "cm", "m", 0.02),
        (2, "km", "m", 2000),
        (2, "s", "µm", None),
        (2, "µm", "s", None),
    ],
)
def test_lengths_in_other_units(size, unit, other, expected):
    found = PixelSize(size=size, unit=unit).in_unit(other)
    assert found == expected


@pytest.mark.parametrize(
    ("size", "unit", "expected"),
    [
        ("0.5", "micron", (0.5, "µm")),
        (2, " NM ", (2, "nm")),
        (1, "\\u00b5m", (1, "µm")),
        (3, "seconds", (3, "s")),
        (3, "Inch", (3, "in")),
        (1, "pixel", None),
        (0, "nm", None),
        (-1, "nm", None),
        ("inf", "nm", None),
        ("nan", "nm", None),
        ("wide", "nm", None),
        (1, None, None),
    ],
)
def test_a_size_says_nothing_without_a_unit_or_a_number(size, unit, expected):
    found = pixel_size(size, unit)
    assert (None if found is None else (found.size, found.unit)) == expected


@pytest.mark.parametrize(("density", "expected"), [(15384.615, 0.65), (1e4 / 3, 3.0), (0, None), (-2, None)])
def test_pixels_per_centimetre_are_micrometres_to_seven_digits(density, expected):
    found = from_density(density, 10_000, "µm")
    assert (None if found is None else found.size) == expected


def test_an_array_with_the_distances_of_its_axes():
    """Colours at the end have none, and what says nothing is left out."""
    picture = measured(np.zeros((2, 5, 7, 3)), "TYXS", [3.0, 0.5, 1.0], ["s", "micron", "pixel"])
    assert picture.axes == "TYXS"
    assert picture.pixel_size == {"T": PixelSize(size=3.0, unit="s"), "Y": PixelSize(size=0.5, unit="µm")}
