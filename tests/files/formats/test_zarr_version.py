"""What differs between the versions of OME-Zarr; chunks that shards hold whole."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import hypothesis.strategies as st
import numpy as np
import pytest
import yaozarrs
import zarr
from hypothesis import given, settings
from yaozarrs import v04

from napari_deep_prior import files
from napari_deep_prior.files import Picture, PixelSize
from napari_deep_prior.files.formats import _zarr_version


@settings(max_examples=15, deadline=None)
@given(
    axes=st.sampled_from(["YX", "XY", "TZCYX", "ZTYX", "YXC", "YXS", "QYX", "CYX"]),
    dtype=st.sampled_from(["uint8", "int16", "uint32", "float32", "float64"]),
    data=st.data(),
)
def test_an_older_one_says_the_same(ramp, axes, dtype, data):
    shape = tuple(3 if letter == "S" else data.draw(st.integers(1, 6), label=letter) for letter in axes)
    array = ramp(shape, dtype)
    size = {"Y": PixelSize(size=0.5, unit="µm"), "X": PixelSize(size=2.0, unit="pixel")}
    names = tuple(f"dye {number}" for number in range(shape[axes.index("C")])) if "C" in axes else ()
    like = Picture(array=array, axes=axes, pixel_size=size, origin={"Y": 3.0}, channels=names)
    with tempfile.TemporaryDirectory() as folder:
        old, new = Path(folder, "old.ome.zarr"), Path(folder, "new.ome.zarr")
        files.write(old, array, like=like, record='{"error": NaN, "words": "µ"}', ome_zarr="0.4")
        files.write(new, array, like=like, record='{"error": NaN, "words": "µ"}')
        attributes = json.loads((old / ".zattrs").read_text("utf-8"))
        v04.Image.model_validate(attributes)
        yaozarrs.validate_zarr_store(str(old))
        group = zarr.open_group(str(old), mode="r", zarr_format=2)
        np.testing.assert_array_equal(group["0"][...], zarr.open_array(str(new / "0"), mode="r")[...])
        assert not list(old.rglob("zarr.json"))
        assert json.loads((old / "0" / ".zarray").read_text())["dimension_separator"] == "/"
        found, newer = files.read(old), files.read(new)
        np.testing.assert_array_equal(found.array, newer.array)
        for name in ("axes", "pixel_size", "origin", "channels", "colours", "notes"):
            assert getattr(found, name) == getattr(newer, name), name
        assert files.read_record(old) == files.read_record(new)
        assert attributes["multiscales"][0]["version"] == "0.4"
        ome = json.loads((new / "zarr.json").read_text("utf-8"))["attributes"]["ome"]
        assert {**attributes["multiscales"][0], "version": None} == {**ome["multiscales"][0], "version": None}
        assert attributes.get("omero") == ome.get("omero")


def test_one_that_is_not_written_is_named(tmp_path, ramp):
    array = ramp((5, 7), np.uint8)
    with pytest.raises(ValueError, match=r"OME-Zarr 0\.3 is not written: needs one of 0\.5, 0\.4"):
        files.write(tmp_path / "a.zarr", array, like=Picture(array=array, axes="YX"), ome_zarr="0.3")
    assert not list(tmp_path.iterdir())
    files.write(tmp_path / "a.tif", array, like=Picture(array=array, axes="YX"), ome_zarr="0.4")  # means nothing there
    assert [files.has_versions(tmp_path / name) for name in ("a.tif", "a.zarr")] == [False, True]


def test_the_newest_is_the_first():
    assert next(iter(_zarr_version.VERSIONS)) == _zarr_version.NEWEST
    assert all(name == version.name for name, version in _zarr_version.VERSIONS.items())


@given(st.lists(st.integers(1, 5000), min_size=5, max_size=5))
def test_shards_are_whole_chunks_of_one_time_and_channel(shape):
    chunk, shard = _zarr_version.chunks("TCZYX", tuple(shape)), _zarr_version.shards("TCZYX", tuple(shape), 2)
    assert chunk == (1, 1, 1, min(512, shape[3]), min(512, shape[4]))
    if shard is not None:
        assert all(whole % part == 0 for whole, part in zip(shard, chunk, strict=True))
        assert shard[:2] == (1, 1)
        assert np.prod(shard) * 2 <= 2**26
        assert shard != chunk


@pytest.mark.parametrize(
    ("axes", "shape", "itemsize", "depth", "expected"),
    [
        ("YX", (512, 512), 2, None, None),
        ("YX", (700, 300), 2, None, (1024, 300)),
        ("YX", (9000, 9000), 2, None, (2048, 2048)),
        ("ZYX", (100, 512, 512), 2, None, (100, 512, 512)),
        ("ZYX", (1000, 512, 512), 2, None, (128, 512, 512)),
        ("ZYX", (100, 4096, 4096), 8, None, (2, 2048, 2048)),
        ("ZYX", (100, 512, 512), 2, 1, None),
        ("ZYX", (100, 1024, 512), 2, 1, (1, 1024, 512)),
        ("TCYX", (9, 2, 600, 600), 1, None, (1, 1, 1024, 1024)),
    ],
)
def test_a_stack_is_few_files_of_at_most_64_megabytes(axes, shape, itemsize, depth, expected):
    assert _zarr_version.shards(axes, shape, itemsize, depth) == expected
