"""An image that is written plane by plane is the one that is written whole, whatever the format."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
from pathlib import Path

import numpy as np
import pytest

from napari_deep_prior import files
from napari_deep_prior.files import Picture, PixelSize, plane_writer

pytest.importorskip("zarr")


def picture(axes: str, dtype: str) -> Picture:
    sizes = dict(zip("TZCYXS", (2, 3, 2, 600, 5, 3), strict=True))
    shape = tuple(sizes[letter] for letter in axes)
    array = (np.arange(np.prod(shape)).reshape(shape) % 251).astype(dtype)
    size = {letter: PixelSize(size=0.5, unit="µm") for letter in "YX"}
    names = ("DAPI", "GFP µ<>") if "C" in axes else ()
    return Picture(array=array, axes=axes, pixel_size=size, channels=names)


@pytest.mark.parametrize(("ending", "version"), [("ome.zarr", "0.5"), ("ome.zarr", "0.4"), ("ome.tif", "0.5")])
@pytest.mark.parametrize(
    ("axes", "planes", "dtype"),
    [("TZCYX", "TZC", "uint16"), ("TCZYX", "TZ", "float32"), ("ZTYX", "T", "float32"), ("YXT", "T", "uint8"), ("YX", "", "uint8")],
)  # fmt: skip
def test_planes_make_the_whole(
    tmp_path: Path, ending: str, version: files.OmeZarr, axes: str, planes: str, dtype: str
) -> None:
    like = picture(axes, dtype)
    array, out, part = like.array, tmp_path / f"out.{ending}", tmp_path / f"part.{ending}"
    ranges = (
        [(float(one.min()), float(one.max())) for one in np.moveaxis(array, axes.find("C"), 0)] if "C" in axes else []
    )
    record = json.dumps({"words": "Ångström <&> é"})
    writer = plane_writer(part, out, like=like, shape=array.shape, dtype=array.dtype, ome_zarr=version)
    assert writer is not None
    writer.create()
    places = [
        range(size) if letter in planes else [slice(None)] for letter, size in zip(axes, array.shape, strict=True)
    ]
    for index in reversed(list(itertools.product(*places))):
        another = plane_writer(
            part, out, like=like, shape=array.shape, dtype=array.dtype, ome_zarr=version
        )  # of another process
        assert another is not None
        another.write(index, array[index])
    for _ in range(2):  # two processes may be the last
        writer.finish(record, ranges)
    files.publish(part, out, record=record, overwrite=False)
    assert not part.exists()
    files.write(tmp_path / f"whole.{ending}", array, like=like, record=record, ome_zarr=version)
    found, whole = files.read(out), files.read(tmp_path / f"whole.{ending}")
    np.testing.assert_array_equal(found.array, whole.array)
    for name in ("axes", "pixel_size", "channels", "colours", "notes"):
        assert getattr(found, name) == getattr(whole, name), name
    assert json.loads(files.read_record(out) or "") == json.loads(record)
    assert files.sidecar(out).read_text("utf-8") == record
    if ending.endswith("zarr"):
        yaozarrs = pytest.importorskip("yaozarrs")
        yaozarrs.validate_zarr_store(out)
        import zarr

        levels = sorted(zarr.open_group(out, mode="r").array_keys())
        assert levels == sorted(zarr.open_group(tmp_path / f"whole.{ending}", mode="r").array_keys())
        for level in levels:
            np.testing.assert_array_equal(
                zarr.open_array(out / level, mode="r")[...],
                zarr.open_array(tmp_path / f"whole.{ending}" / level, mode="r")[...],
            )
        attributes = [dict(zarr.open_group(path, mode="r").attrs) for path in (out, tmp_path / f"whole.{ending}")]
        assert attributes[0] == attributes[1]


def test_what_is_there_is_not_replaced(tmp_path: Path) -> None:
    like, out = picture("YX", "uint8"), tmp_path / "out.ome.tif"
    out.write_bytes(b"mine")
    writer = plane_writer(tmp_path / "part.tif", out, like=like, shape=like.array.shape, dtype=like.array.dtype)
    assert writer is not None
    writer.create()
    with pytest.raises(FileExistsError):
        files.publish(tmp_path / "part.tif", out, record="{}", overwrite=False)
    assert out.read_bytes() == b"mine"


def test_a_long_record_lies_beside_the_image_only(tmp_path: Path) -> None:
    like, record = picture("YX", "uint8"), json.dumps({"words": "x" * 2**20})
    for ending in ("ome.tif", "ome.zarr"):
        out, part = tmp_path / f"out.{ending}", tmp_path / f"part.{ending}"
        writer = plane_writer(part, out, like=like, shape=like.array.shape, dtype=like.array.dtype)
        assert writer is not None
        writer.create()
        writer.finish(record, ())
        files.publish(part, out, record=record, overwrite=False)
        assert files.read_record(out) is None
        assert files.sidecar(out).read_text("utf-8") == record


def test_some_formats_are_written_whole_only(tmp_path: Path) -> None:
    like = picture("YX", "uint8")
    assert plane_writer(tmp_path / "p.png", tmp_path / "o.png", like=like, shape=(600, 5), dtype=np.dtype("u1")) is None
    assert [files.writes_planes(Path(name)) for name in ("a.png", "a.tif", "a.zarr")] == [False, True, True]


def test_files_that_are_open_do_not_stay_open(tmp_path: Path) -> None:
    with contextlib.suppress(FileNotFoundError):  # Linux tells
        like, out = picture("TZCYX", "uint16"), tmp_path / "out.ome.tif"
        writer = plane_writer(out, out, like=like, shape=like.array.shape, dtype=like.array.dtype)
        assert writer is not None
        writer.create()
        before = len(os.listdir("/proc/self/fd"))
        for time in range(2):
            writer.write((time, 0, 0, slice(None), slice(None)), like.array[time, 0, 0])
        assert len(os.listdir("/proc/self/fd")) == before
