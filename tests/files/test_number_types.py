"""Numbers in another type: rounded and held in range, exact up to 64 bits."""

from __future__ import annotations

import numpy as np
import pytest

from napari_deep_prior import files
from napari_deep_prior.files import Picture


def test_whole_numbers_are_rounded_and_held_in_range(tmp_path):
    array = np.array([[-3.0, 0.5, 1.5], [254.6, 300.0, 7.4]], np.float32)
    like = Picture(array=array, axes="YX")
    files.write(tmp_path / "a.png", array, like=like, dtype=np.dtype("uint8"))
    np.testing.assert_array_equal(files.read(tmp_path / "a.png").array, [[0, 0, 2], [255, 255, 7]])


@pytest.mark.parametrize(
    ("values", "dtype", "expected"),
    [
        (np.array([-1e30, -0.6, 2.5, 1e30]), "int64", [-(2**63), -1, 2, 2**63 - 1]),
        (np.array([-5.0, 2.0**63, 2.0**64, np.inf]), "uint64", [0, 2**63, 2**64 - 1, 2**64 - 1]),
        (np.array([3e9, -3e9], np.float32), "int32", [2**31 - 1, -(2**31)]),
        (np.array([2**53 + 1, -1], np.int64), "uint64", [2**53 + 1, 0]),
        (np.array([2**64 - 1, 7], np.uint64), "int64", [2**63 - 1, 7]),
        (np.array([-3, 300], np.int16), "uint8", [0, 255]),
        (np.array([200], np.uint8), "int8", [127]),
        (np.array([True, False]), "uint8", [1, 0]),
    ],
)
def test_whole_numbers_are_exact_up_to_64_bit(values, dtype, expected):
    with np.errstate(all="raise"):
        found = files.to_dtype(values, np.dtype(dtype))
    assert found.dtype == dtype
    assert found.tolist() == expected


def test_floats_pass_as_they_are():
    array = np.array([0.5, np.nan], np.float32)
    assert files.to_dtype(array, np.dtype("float32")) is array
    assert files.to_dtype(array, np.dtype("float64")).dtype == np.float64


@pytest.mark.parametrize(
    ("name", "wanted", "observed", "given"),
    [
        ("a.tif", "auto", "uint16", "float32"),
        ("a.tif", "input", ">u2", "uint16"),
        ("a.png", "auto", "uint16", "uint16"),
        ("a.jpg", "uint8", "uint16", "uint8"),
        ("a.TIFF", "auto", "float64", "float32"),
    ],
)
def test_type_of_the_output(name, wanted, observed, given):
    assert files.output_dtype(name, wanted, np.dtype(observed)) == np.dtype(given)


def test_what_lies_outside_of_a_type_is_counted() -> None:
    values = np.array([-0.6, -0.4, 255.4, 255.6, 1e9], np.float32)
    assert files.clipped(values, np.dtype("uint8")) == 3
    assert files.clipped(values, np.dtype("float32")) == 0
