"""A store is read, and nothing else: no path out of it, no foreign decoder, no claim that cannot be true."""

from __future__ import annotations

import json

import numpy as np
import pytest
import zarr

from napari_deep_prior import files


@pytest.mark.parametrize(
    "level",
    ["../b.zarr/0", "/etc", "0/../../b.zarr/0", "http://example.org/0", "s3://bucket/0", "..\\b.zarr\\0", "", None],
)
def test_paths_out_of_the_store_are_not_followed(tmp_path, ramp, store_05, image_05, level):
    array = ramp((5, 7), np.uint8)
    store_05(tmp_path / "b.zarr", image_05("yx"), _0=array)
    image = image_05("yx")
    image["multiscales"][0]["datasets"][0]["path"] = level
    path = store_05(tmp_path / "a.zarr", image, _0=array)
    with pytest.raises(files.Unreadable, match="outside of its folder"):
        files.read(path)
    store_05(path / "labels", {"version": "0.5", "labels": [level]})
    with pytest.raises(files.Unreadable, match="outside of its folder"):
        files.read_labels(path)


def test_links_out_of_the_store_are_not_followed(tmp_path, ramp, store_05, image_05):
    store_05(tmp_path / "b.zarr", image_05("yx"), _0=ramp((5, 7), np.uint8))
    path = store_05(tmp_path / "a.zarr", image_05("yx"))
    try:
        (path / "0").symlink_to(tmp_path / "b.zarr" / "0", target_is_directory=True)
    except OSError:
        pytest.skip("no links here")
    with pytest.raises(files.Unreadable, match="a link out of its folder"):
        files.read(path)


def test_a_level_that_is_missing(tmp_path, store_05, image_05):
    with pytest.raises(files.Unreadable, match="incomplete: 0 is missing"):
        files.read(store_05(tmp_path / "a.zarr", image_05("yx")))


class Trap:
    """Leaves a file behind when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


@pytest.mark.parametrize("place", ["compressor", "filters"])
def test_no_program_in_a_store_is_run(tmp_path, ramp, store_04, image_04, place):
    import pickle

    path = store_04(tmp_path / "a.zarr", image_04("yx"), _0=ramp((5, 7), np.uint8))
    described = json.loads((path / "0" / ".zarray").read_text())
    pickled = {"id": "pickle", "protocol": 5}
    described |= {"compressor": None, "filters": None, place: [pickled] if place == "filters" else pickled}
    (path / "0" / ".zarray").write_text(json.dumps(described))
    for chunk in (path / "0" / "0").iterdir():
        chunk.write_bytes(pickle.dumps(Trap(tmp_path / "trap")))
    with pytest.raises(files.Unreadable, match="decoder pickle, which is none of numbers"):
        files.read(path)
    assert not (tmp_path / "trap").exists()


def test_foreign_decoders_inside_shards_are_found(tmp_path, ramp, store_05, image_05):
    path = store_05(tmp_path / "a.zarr", image_05("yx"))
    zarr.create_array(str(path / "0"), data=ramp((8, 8), np.uint8), chunks=(4, 4), shards=(8, 8))
    assert files.read(path).notes == ()
    described = json.loads((path / "0" / "zarr.json").read_text())
    described["codecs"][0]["configuration"]["codecs"].append({"name": "numcodecs.pickle", "configuration": {}})
    (path / "0" / "zarr.json").write_text(json.dumps(described))
    with pytest.raises(files.Unreadable, match=r"decoder numcodecs\.pickle, which is none of numbers: it is not run"):
        files.read(path)


def test_no_decoder_of_version_3_is_run_that_is_none_of_numbers(tmp_path, ramp, store_05, image_05):
    path = store_05(tmp_path / "a.zarr", image_05("yx"), _0=ramp((5, 7), np.uint8))
    described = json.loads((path / "0" / "zarr.json").read_text())
    described["codecs"] += ["numcodecs.json2", {"name": "numcodecs.pickle"}]
    (path / "0" / "zarr.json").write_text(json.dumps(described))
    for read in (files.read, files.open_lazily):
        with pytest.raises(files.Unreadable, match=r"decoder numcodecs\.json2, numcodecs\.pickle, which is none"):
            read(path)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"shape": [10**6, 10**6]}, "too much to be true"),
        ({"chunks": [10**6, 10**6]}, "too much to be true"),
        ({"shape": [11000, 11000], "chunks": [1, 1]}, "121000000 chunks: too many"),
        ({"dtype": "<c8", "fill_value": [0.0, 0.0]}, "holds complex64: needs numbers that are not"),
    ],
)
def test_claims_that_cannot_be_true(tmp_path, ramp, store_04, image_04, changes, words):
    path = store_04(tmp_path / "a.zarr", image_04("yx"), _0=ramp((5, 7), np.uint8))
    described = json.loads((path / "0" / ".zarray").read_text())
    (path / "0" / ".zarray").write_text(json.dumps({**described, **changes}))
    with pytest.raises(files.Unreadable, match=words):
        files.read(path)


@pytest.mark.parametrize(
    ("shape", "chunks", "words"), [((8, 8), 4, "2 of 4"), ((9, 7), 4, "4 of 6"), ((7, 3), 3, "1 of 3")]
)
def test_chunks_that_are_not_stored_are_told(tmp_path, store_05, image_05, shape, chunks, words):
    path = store_05(tmp_path / "a.zarr", image_05("yx"))
    array = zarr.create_array(str(path / "0"), shape=shape, chunks=(chunks, chunks), dtype="uint8", fill_value=7)
    array[:4] = 1
    picture = files.read(path)
    assert picture.notes == (f"{words} chunks of a.zarr/0 are not stored: they count as 7.",)
    assert (picture.array[:4] == 1).all()
    assert (picture.array[4:] == 7).all()
    array[:] = 1
    assert files.read(path).notes == ()


def test_damaged_chunks_are_one_line(tmp_path, ramp, store_05, image_05):
    path = store_05(tmp_path / "a.zarr", image_05("yx"), _0=ramp((5, 7), np.uint16))
    (chunk,) = (file for file in (path / "0" / "c").rglob("*") if file.is_file())
    for damaged in (b"", b"no zstd", chunk.read_bytes()[:-5]):
        chunk.write_bytes(damaged)
        with pytest.raises(files.Unreadable, match=r"a\.zarr"):
            files.read(path)


def test_byte_orders_of_other_machines(tmp_path, ramp, store_04, image_04):
    array = ramp((5, 7), ">u2")
    back = files.read(store_04(tmp_path / "a.zarr", image_04("yx"), _0=array)).array
    assert back.dtype == np.dtype("uint16")
    assert back.dtype.isnative
    np.testing.assert_array_equal(back, array)


def test_places_that_are_no_store(tmp_path):
    with pytest.raises(FileNotFoundError, match="does not exist"):
        files.read(tmp_path / "a.zarr")
    (tmp_path / "b.zarr").mkdir()
    with pytest.raises(files.Unreadable, match="no metadata of Zarr"):
        files.read(tmp_path / "b.zarr")
