"""What holds for every format, whoever adds one."""

from __future__ import annotations

import numpy as np
import pytest

from napari_deep_prior import files
from napari_deep_prior.files import Picture
from napari_deep_prior.files.formats.registry import FORMATS

SUFFIXES = [suffix for kind in FORMATS for suffix in kind.suffixes]

TIFF = {"uint8", "uint16", "int16", "float32", "float64"}
HELD = {
    ".tif": TIFF,
    ".tiff": TIFF,
    ".png": {"uint8", "uint16"},
    ".jpg": {"uint8"},
    ".jpeg": {"uint8"},
    ".zarr": {"uint8", "uint16", "int16", "float32", "float64"},
}
"""Number types that each can hold: a new format says here which it holds."""


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "float32", "float64", "complex64"])
def test_what_is_not_refused_comes_back(tmp_path, ramp, suffix, dtype):
    array = np.full((12, 15), 100, dtype) if suffix in (".jpg", ".jpeg") else ramp((12, 15), dtype)
    like, path = Picture(array=array, axes="YX"), tmp_path / f"a{suffix}"
    if dtype not in HELD[suffix]:
        with pytest.raises(ValueError, match=dtype):
            files.check_output(path, like=like, dtype=array.dtype)
        return
    files.write(path, array, like=like, record="{}")
    back = files.read(path)
    assert (back.axes, back.array.dtype, back.notes) == ("YX", array.dtype, ())
    np.testing.assert_array_equal(back.array, array)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_result_has_a_type_that_the_format_can_hold(tmp_path, suffix):
    like, path = Picture(array=np.zeros((12, 15), np.uint8), axes="YX"), tmp_path / f"a{suffix}"
    files.check_output(path, like=like, dtype=files.output_dtype(path, "auto", np.dtype("uint8")))


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_rubbish_is_one_error_that_names_the_file(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    path.write_bytes(np.random.default_rng(0).bytes(1000))
    for reader in (files.read, files.read_labels):
        with pytest.raises(files.Unreadable, match=path.name):
            reader(path)


def test_names_and_endings_are_told_apart():
    assert len(set(SUFFIXES)) == len(SUFFIXES)
    assert all(suffix.startswith(".") and suffix == suffix.lower() for suffix in SUFFIXES)
    assert all(name in files.names() for kind in FORMATS for name in kind.names)
