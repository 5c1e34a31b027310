"""ImageJ's rules: units for each axis, pixels per centimetre under micrometres, signed numbers, inverted tables."""

from __future__ import annotations

import numpy as np
import pytest
import tifffile

from napari_deep_prior import files


def sizes(path):
    return {letter: (size.size, size.unit) for letter, size in files.read(path).pixel_size.items()}


def test_pixels_per_centimetre_under_micrometres(tmp_path, ramp):
    """As MetaMorph and Micro-Manager export; ImageJ multiplies by 10000."""
    density = 10000 / 0.065
    for unit, expected in (("um", (0.065, "µm")), ("cm", (6.5e-06, "cm"))):
        tifffile.imwrite(
            tmp_path / "a.tif",
            ramp((5, 7), np.uint16),
            imagej=True,
            resolution=(density, density),
            resolutionunit="CENTIMETER",
            metadata={"unit": unit},
        )
        assert sizes(tmp_path / "a.tif") == {"X": expected, "Y": expected}


def test_each_axis_has_its_unit(tmp_path, ramp):
    metadata = {"axes": "ZYX", "unit": "micron", "yunit": "mm", "zunit": "nm", "spacing": 300}
    tifffile.imwrite(tmp_path / "a.tif", ramp((3, 5, 7), np.uint16), imagej=True, resolution=(4, 2), metadata=metadata)
    assert sizes(tmp_path / "a.tif") == {"X": (0.25, "µm"), "Y": (0.5, "mm"), "Z": (300.0, "nm")}


@pytest.mark.parametrize("size", [0.1, 0.065, 0.16125, 1.3])
def test_sizes_have_no_dust(tmp_path, ramp, size):
    tifffile.imwrite(
        tmp_path / "a.tif",
        ramp((5, 7), np.uint8),
        imagej=True,
        resolution=(1 / size, 1 / size),
        metadata={"unit": "um"},
    )
    assert sizes(tmp_path / "a.tif")["X"] == (size, "µm")


def saved(path, array, calibration):
    text = "".join(f"{name}={value}\n" for name, value in {"ImageJ": "1.54f", **calibration}.items())
    tifffile.imwrite(path, array, description=text, metadata=None)
    return files.read(path)


def test_signed_numbers_are_read_as_imagej_shows_them(tmp_path):
    shown = np.array([[-1024, -1], [0, 32767], [-32768, 5]], np.int16)
    stored = (shown.astype(int) + 32768).astype(np.uint16)
    picture = saved(tmp_path / "a.tif", stored, {"cf": 0, "c0": -32768, "c1": 1, "vunit": "Gray Value"})
    assert picture.array.dtype == np.int16
    np.testing.assert_array_equal(picture.array, shown)


def test_other_calibrations_are_told_and_not_applied(tmp_path, ramp):
    array = ramp((5, 7), np.uint16)
    picture = saved(tmp_path / "a.tif", array, {"cf": 0, "c0": -5.0, "c1": 0.5, "vunit": "OD"})
    np.testing.assert_array_equal(picture.array, array)
    assert "0.5 times each number plus -5 OD" in picture.notes[0]
    assert saved(tmp_path / "b.tif", array, {"cf": 0, "c0": 0, "c1": 1}).notes == ()


def test_an_inverted_table_of_imagej_is_only_a_way_to_show_it(tmp_path, ramp):
    array = ramp((5, 7), np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", array, photometric="miniswhite", description="ImageJ=1.54f\n", metadata=None)
    picture = files.read(tmp_path / "a.tif")
    np.testing.assert_array_equal(picture.array, array)
    assert "inverted in ImageJ" in picture.notes[0]
