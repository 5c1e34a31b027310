"""Images of any format: what cannot be read or written is refused in one sentence, and a failure leaves nothing."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import imageio.v3 as iio
import numpy as np
import pytest
import tifffile
import zarr

from napari_deep_prior import files
from napari_deep_prior.files import Picture, atomic

RNG = np.random.default_rng(5)


def test_masks(tmp_path):
    mask = RNG.random((5, 7)) > 0.5
    iio.imwrite(tmp_path / "one_bit.png", mask)
    assert iio.immeta(tmp_path / "one_bit.png")["mode"] == "1"
    np.testing.assert_array_equal(files.read_labels(tmp_path / "one_bit.png").array != 0, mask)
    iio.imwrite(tmp_path / "painted.png", np.repeat(mask[..., None] * np.uint8(255), 3, 2))
    painted = files.read_labels(tmp_path / "painted.png")
    assert painted.axes == "YX"
    np.testing.assert_array_equal(painted.array != 0, mask)
    tifffile.imwrite(tmp_path / "labels.tif", mask.astype(np.int32) * 70000)
    np.testing.assert_array_equal(files.read_labels(tmp_path / "labels.tif").array != 0, mask)


@pytest.mark.parametrize(
    ("name", "array", "needs"),
    [
        ("m.jpg", np.zeros((5, 7), np.uint8), "JPEG"),
        ("m.png", np.arange(105, dtype=np.uint8).reshape(5, 7, 3), "one value per pixel"),
        ("m.tif", np.zeros((5, 7), np.float32), "whole numbers"),
    ],
)
def test_what_is_no_mask(tmp_path, name, array, needs):
    iio.imwrite(tmp_path / name, array) if name != "m.tif" else tifffile.imwrite(tmp_path / name, array)
    with pytest.raises(ValueError, match=needs):
        files.read_labels(tmp_path / name)


@pytest.mark.parametrize("name", ["broken.tif", "broken.png", "broken.jpg", "empty.tif", "empty.png"])
def test_broken_files_are_named(tmp_path, name):
    path = tmp_path / name
    start = b"II*\0" if name.endswith("tif") else b""
    path.write_bytes(b"" if name.startswith("empty") else start + b"this is no image")
    with pytest.raises(files.Unreadable, match=name):
        files.read(path)


def test_places_that_cannot_be_read(tmp_path):
    with pytest.raises(FileNotFoundError, match="does not exist"):
        files.read(tmp_path / "none.tif")
    with pytest.raises(ValueError, match=r"needs one of \.tif"):
        files.read(tmp_path / "image.czi")
    (tmp_path / "folder.tif").mkdir()
    with pytest.raises(IsADirectoryError, match="one image file"):
        files.read(tmp_path / "folder.tif")


GREY = Picture(array=np.zeros((5, 7), np.uint16), axes="YX")


STACK = Picture(array=np.zeros((3, 5, 7), np.uint8), axes="ZYX")


@pytest.mark.parametrize(
    ("name", "like", "dtype", "needs"),
    [
        ("a.png", GREY, "float32", "choose .tif"),
        ("a.jpg", GREY, "uint16", "choose .tif"),
        ("a.png", STACK, "uint8", "one grey or RGB image"),
        ("a.tif", GREY, "int64", "choose float32"),
        ("a.tif", Picture(array=np.zeros((2, 5, 7)), axes="VYX"), "float32", "axes VYX"),
        ("a.tif", Picture(array=np.zeros((2, 2, 2, 2, 5, 7)), axes="TZCQYX"), "float32", "at most three"),
        ("a.tif", Picture(array=np.zeros((2, 5, 7)), axes=None), "float32", "axes"),
        ("a.gif", GREY, "uint8", "needs one of"),
    ],
)
def test_formats_refuse_what_they_cannot_hold(tmp_path, name, like, dtype, needs):
    with pytest.raises(ValueError, match=needs):
        files.check_output(tmp_path / name, like=like, dtype=np.dtype(dtype))


def test_places_that_cannot_be_written(tmp_path):
    def check(path, **options):
        files.check_output(path, like=GREY, dtype=np.dtype("float32"), **options)

    with pytest.raises(FileNotFoundError, match="create it first"):
        check(tmp_path / "none" / "a.tif")
    (tmp_path / "a.tif.json").write_text("{}")
    with pytest.raises(FileExistsError, match="--overwrite"):
        check(tmp_path / "a.tif")
    check(tmp_path / "a.tif", overwrite=True)


def test_a_failed_write_leaves_all_as_it_was(tmp_path, monkeypatch, ramp):
    array = ramp((5, 7), np.float32)
    like = Picture(array=array, axes="YX")
    files.write(tmp_path / "a.tif", array, like=like, record="old")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def full_disk(path, *_args, **_options):
        Path(path).write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tifffile, "imwrite", full_disk)
    with pytest.raises(OSError, match="No space"):
        files.write(tmp_path / "a.tif", array, like=like, record="new", overwrite=True)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
def test_others_may_read_what_the_umask_allows(tmp_path):
    files.write(tmp_path / "a.tif", GREY.array, like=GREY, record="{}")
    mask = os.umask(0)
    os.umask(mask)
    for path in tmp_path.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~mask


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_is_refused_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "a.tif")
    with pytest.raises(OSError, match="no ordinary file"):
        files.read(tmp_path / "a.tif")


def test_too_little_memory_is_one_line(tmp_path, monkeypatch):
    files.write(tmp_path / "a.tif", GREY.array, like=GREY)

    def exhausted(*_args, **_options):
        raise MemoryError

    monkeypatch.setattr(np, "ascontiguousarray", exhausted)
    with pytest.raises(files.Unreadable, match="does not fit into the memory"):
        files.read(tmp_path / "a.tif")


@pytest.mark.parametrize("read", [files.read, files.read_labels])
def test_what_has_no_pixels_is_refused(tmp_path, read):
    zarr.create_array(
        str(tmp_path / "none.zarr"), shape=(0, 4), chunks=(1, 4), dtype="uint8", dimension_names=("y", "x")
    )
    with pytest.raises(files.Unreadable, match="no pixels"):
        read(tmp_path / "none.zarr")


@pytest.mark.parametrize("overwrite", [False, True])
def test_an_image_that_gets_no_name_leaves_a_record_only_where_there_was_one(tmp_path, monkeypatch, overwrite):
    if overwrite:
        files.write(tmp_path / "a.tif", GREY.array, like=GREY, record="old")
    publish = atomic.publish

    def fail(part, path, **options):
        if path.suffix == ".tif":
            raise OSError(5, "Input/output error")
        publish(part, path, **options)

    monkeypatch.setattr(atomic, "publish", fail)
    with pytest.raises(OSError, match="Input/output"):
        files.write(tmp_path / "a.tif", GREY.array, like=GREY, record="new", overwrite=overwrite)
    assert {path.name for path in tmp_path.iterdir()} == ({"a.tif", "a.tif.json"} if overwrite else set())
