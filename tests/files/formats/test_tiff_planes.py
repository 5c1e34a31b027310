"""TIFF is read by planes and regions where it lies in pages as it is meant; otherwise whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from napari_deep_prior import files
from napari_deep_prior.files import Picture
from napari_deep_prior.files.formats import tiff
from napari_deep_prior.files.lazy_array import LazyArray

STACK = (np.arange(3 * 2 * 40 * 50) % 60000).reshape(3, 2, 40, 50).astype(np.uint16)


@pytest.mark.parametrize(
    "how",
    [
        {"ome": True, "metadata": {"axes": "TCYX"}},
        {"ome": True, "metadata": {"axes": "TCYX"}, "compression": "zlib"},
        {"imagej": True, "metadata": {"axes": "TCYX"}, "byteorder": ">"},
        {"ome": True, "metadata": {"axes": "TCYX"}, "tile": (16, 16), "bigtiff": True},
    ],
)
def test_planes_are_those_of_the_whole(tmp_path: Path, how: dict[str, Any]) -> None:
    path = tmp_path / "stack.tif"
    tifffile.imwrite(path, STACK, **how)
    lazy, whole = files.open_lazily(path), files.read(path)
    assert isinstance(lazy.array, LazyArray)
    assert (lazy.axes, lazy.notes, lazy.pixel_size) == (whole.axes, whole.notes, whole.pixel_size)
    assert (lazy.array.shape, lazy.array.dtype) == (whole.array.shape, whole.array.dtype)
    for index in ((1, 1), (2,), (slice(None), 0), (1, slice(None), slice(3, 9), slice(None, None, 2)), ...):
        np.testing.assert_array_equal(lazy.array[index], whole.array[index])


@pytest.mark.parametrize(
    "how",
    [
        {"photometric": "miniswhite"},
        {"imagej": True, "metadata": {"axes": "ZYX", "cf": 0, "c0": -32768.0, "c1": 1.0}},
        {"extratags": [(274, "H", 1, 6, True)]},
    ],
)
def test_what_is_not_shown_as_it_is_stored_is_read_whole(tmp_path: Path, how: dict[str, Any]) -> None:
    path = tmp_path / "stack.tif"
    tifffile.imwrite(path, STACK[0], **how)
    lazy, whole = files.open_lazily(path), files.read(path)
    assert isinstance(lazy.array, np.ndarray)
    np.testing.assert_array_equal(lazy.array, whole.array)


def test_an_image_that_lies_neither_in_pages_nor_in_one_piece_is_read_whole(tmp_path: Path, monkeypatch) -> None:
    tifffile.imwrite(tmp_path / "stack.tif", STACK, imagej=True, metadata={"axes": "TCYX"})
    monkeypatch.setattr(tiff, "lazy_series", lambda *_: None)
    found = files.open_lazily(tmp_path / "stack.tif")
    assert isinstance(found.array, np.ndarray)
    np.testing.assert_array_equal(found.array, STACK)


def test_records_of_a_film_are_in_seven_bits_once_and_not_too_long(tmp_path: Path) -> None:
    like = Picture(array=STACK, axes="TCYX")
    writer = files.plane_writer(tmp_path / "a.tif", tmp_path / "a.tif", like=like, shape=STACK.shape, dtype=STACK.dtype)
    assert writer is not None
    writer.create()
    writer.finish("x" * (2**20 + 1), ())
    assert files.read_record(tmp_path / "a.tif") is None
    for _ in range(2):
        writer.finish('{"a": "1 < 2 µm"}', ())
    assert files.read_record(tmp_path / "a.tif") == '{"a": "1 < 2 µm"}'
    assert (tmp_path / "a.tif").read_bytes().count(b"CommentAnnotation ID=") == 1
    writer.finish(None, ())
    assert files.read(tmp_path / "a.tif").axes == "TCYX"
