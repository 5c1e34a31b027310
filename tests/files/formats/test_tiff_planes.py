"""TIFF is read by planes and regions where it lies in pages as it is meant; otherwise whole. Large planes get coarser copies."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
import tifffile
from hypothesis import given, settings

from napari_deep_prior import files
from napari_deep_prior.files import Picture, PixelSize, pyramid
from napari_deep_prior.files.formats import _tiff_planes, tiff
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


def test_a_disk_that_is_full_is_an_error_and_not_the_end_of_the_process(tmp_path: Path) -> None:
    """A file may be no longer than its limit here, as if no more were free; mapped memory would not even notice."""
    resource = pytest.importorskip("resource")
    like = Picture(array=STACK, axes="TCYX")
    writer = files.plane_writer(tmp_path / "a.tif", tmp_path / "a.tif", like=like, shape=STACK.shape, dtype=STACK.dtype)
    assert writer is not None
    writer.create()
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    writer.write((0, 0, slice(None), slice(None)), STACK[0, 0])
    resource.setrlimit(resource.RLIMIT_FSIZE, (STACK.nbytes // 2, before[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            writer.write((2, slice(None), slice(None), slice(None)), STACK[2])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    found = files.read(tmp_path / "a.tif").array
    np.testing.assert_array_equal(found[0, 0], STACK[0, 0])
    assert not found[2].any()


@pytest.mark.parametrize("axes", ["TCYX", "CTYX", "TYXC", "XCYT"])
def test_a_plane_may_lie_in_several_pieces(tmp_path: Path, axes: str) -> None:
    """Channels are drawn together, wherever they stand."""
    array = STACK.transpose(["TCYX".index(letter) for letter in axes])
    like = Picture(array=array, axes=axes)
    writer = files.plane_writer(tmp_path / "a.tif", tmp_path / "a.tif", like=like, shape=array.shape, dtype=array.dtype)
    assert writer is not None
    writer.create()
    for frame in range(3):
        index = tuple(frame if letter == "T" else slice(None) for letter in axes)
        writer.write(index, array[index])
    found = files.read(tmp_path / "a.tif")
    order = [str(found.axes).index(letter) for letter in axes]
    np.testing.assert_array_equal(found.array.transpose(order), array)


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


@settings(max_examples=25, deadline=None)
@given(
    axes=st.sampled_from(["YX", "XY", "YXS", "ZYX", "TCYX", "CYXS", "TZCYX", "QYX"]),
    dtype=st.sampled_from(["uint8", "int16", "uint32", "float32", "float64"]),
    data=st.data(),
)
def test_large_planes_have_levels_and_the_same_pixels(ramp: Any, axes: str, dtype: str, data: st.DataObject) -> None:
    shape = tuple(data.draw(st.integers(20, 90) if letter in "YX" else st.integers(1, 3)) for letter in axes)
    array = ramp(shape, dtype)
    names = tuple(f"µ{number}" for number in range(shape[axes.index("C")])) if "C" in axes else ()
    size = {letter: PixelSize(size=0.5, unit="µm") for letter in "YX"}
    like = Picture(array=array, axes=axes, pixel_size=size, channels=names)
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        plain, path = Path(folder, "plain.tif"), Path(folder, "levels.tif")
        files.write(plain, array, like=like, record='{"a": "µ"}')
        patch.setattr(_tiff_planes, "_LARGE", 399)
        patch.setattr(_tiff_planes, "_TILE", 32)
        patch.setattr(pyramid, "LAST", 16)
        files.write(path, array, like=like, record='{"a": "µ"}')
        found, expected, lazy = files.read(path), files.read(plain), files.open_lazily(path)
        np.testing.assert_array_equal(found.array, expected.array)
        np.testing.assert_array_equal(lazy.array[...], expected.array)
        for name in ("axes", "pixel_size", "channels", "notes"):
            assert getattr(found, name) == getattr(expected, name) == getattr(lazy, name), name
        assert files.read_record(path) == '{"a": "µ"}'
        with tifffile.TiffFile(path) as opened:
            (series,) = opened.series
            stored = series.asarray().reshape([shape[axes.index(letter)] for letter in tiff.ome_axes(axes)])
            levels = list(pyramid.levels(stored, tiff.ome_axes(axes)))
            assert len(series.levels) == len(levels) > 1
            for level, expected_level in zip(series.levels, levels, strict=True):
                assert level.keyframe.is_tiled
                np.testing.assert_array_equal(level.asarray().ravel(), expected_level.ravel())
            tiles = sum(sum(page.databytecounts) for level in series.levels for page in level.pages)
        assert tiles == _tiff_planes.bytes_of_levels(tiff.ome_axes(axes), stored.shape, array.itemsize)


def test_a_frame_of_a_camera_stays_in_one_piece(tmp_path: Path) -> None:
    for shape, levels in (
        ((3192, 3192), False),
        ((3193, 3192), True),
        ((64, 2048, 2048), False),
        ((10, 2_000_000), True),
    ):
        assert _tiff_planes.has_levels("ZYX"[-len(shape) :], shape) is levels
    array = np.arange(40 * 50, dtype=np.float32).reshape(40, 50)
    files.write(tmp_path / "a.tif", array, like=Picture(array=array, axes="YX"))
    with tifffile.TiffFile(tmp_path / "a.tif") as opened:
        page = opened.pages[0]
        assert page.is_contiguous
        assert not page.is_tiled
        assert len(opened.series[0].levels) == 1


def test_levels_count_for_the_limit_of_classic_tiff(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    array = np.zeros((64, 64), np.uint8)
    monkeypatch.setattr(_tiff_planes, "_LARGE", 0)
    monkeypatch.setattr(pyramid, "LAST", 32)
    for limit, big in ((64 * 64 + 32 * 32, False), (64 * 64 + 32 * 32 - 1, True)):
        monkeypatch.setattr(tiff, "CLASSIC_LIMIT", limit)
        files.write(tmp_path / "a.tif", array, like=Picture(array=array, axes="YX"), overwrite=True)
        with tifffile.TiffFile(tmp_path / "a.tif") as opened:
            assert opened.is_bigtiff is big
