"""What holds for every format, whoever adds one."""

from __future__ import annotations

import json

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
@pytest.mark.parametrize(
    ("axes", "shape"), [("YX", (12, 15)), ("YXS", (12, 15, 3)), ("ZYX", (4, 12, 15)), ("VYX", (4, 12, 15))]
)
def test_what_it_says_it_holds_is_what_is_not_refused(tmp_path, suffix, axes, shape):
    like, path = Picture(array=np.zeros(shape, np.uint8), axes=axes), tmp_path / f"a{suffix}"
    held = files.holds(path, axes, shape, np.dtype("uint8"))
    stacks = suffix in (".tif", ".tiff", ".zarr")
    assert held is (axes in ("YX", "YXS") or (stacks and axes == "ZYX") or suffix == ".zarr")
    try:
        files.write(path, like.array, like=like)
    except ValueError:
        assert not held
        assert list(tmp_path.iterdir()) == []
    else:
        assert held
        assert sorted(files.read(path).array.shape) == sorted(shape)
    assert not files.holds(path, axes, shape, np.dtype("complex64"))


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_record_comes_back_or_lies_beside_the_image(tmp_path, suffix):
    like, path = Picture(array=np.zeros((12, 15), np.uint8), axes="YX"), tmp_path / f"a{suffix}"
    record = '{"sigma": 3.5, "sample": "µ"}'
    files.write(path, like.array, like=like, record=record)
    beside = files.record_path(path)
    assert beside == path.with_name(f"{path.name}.json")
    assert beside.read_text("utf-8") == record
    inside = files.read_record(path)
    assert (json.loads(inside) if inside else None) == (json.loads(record) if files.writes_planes(path) else None)
    files.write(tmp_path / f"b{suffix}", like.array, like=like)
    assert files.read_record(tmp_path / f"b{suffix}") is None
    assert not files.record_path(tmp_path / f"b{suffix}").exists()


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
