"""Frames of Blosc that claim what they do not hold never come to the decoder, which would read past their end."""

from __future__ import annotations

import numpy as np
import pytest
import zarr
from numcodecs import Blosc, Delta
from zarr.codecs import BloscCodec, ZstdCodec

from napari_deep_prior import files

WAYS = {
    "version 2": {"zarr_format": 2, "compressors": Blosc()},
    "version 2, filtered": {"zarr_format": 2, "compressors": Blosc(), "filters": [Delta(dtype="<u2")]},
    "version 2, as a filter": {"zarr_format": 2, "compressors": None, "filters": [Blosc()]},
    "version 3": {"compressors": BloscCodec()},
    "version 3, packed again": {"compressors": [BloscCodec(), ZstdCodec()]},
    "version 3, in shards": {"compressors": BloscCodec(), "shards": (8, 8)},
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("read", [files.read, files.open_lazily])
def test_what_is_whole_comes_back(tmp_path, ramp, way, read):
    array = ramp((8, 8), np.uint16)
    zarr.create_array(tmp_path / "a.zarr", data=array, chunks=(4, 8), **way)
    np.testing.assert_array_equal(read(tmp_path / "a.zarr").array[:], array)


@pytest.mark.parametrize("way", ["version 2", "version 2, filtered", "version 3", "version 3, in shards"])
@pytest.mark.parametrize(
    ("place", "claim", "words"),
    [(12, 2**30, "is damaged: a chunk of"), (4, 2**31 - 1, "too much to be true"), (12, 15, "is damaged: a chunk of")],
)
def test_a_frame_that_claims_too_much_is_refused(tmp_path, ramp, way, place, claim, words):
    zarr.create_array(tmp_path / "a.zarr", data=ramp((8, 8), np.uint16), chunks=(4, 8), **WAYS[way])
    for chunk in (tmp_path / "a.zarr").rglob("*[0-9]"):
        if chunk.is_dir():
            continue
        content = bytearray(chunk.read_bytes())
        content[place : place + 4] = claim.to_bytes(4, "little")
        chunk.write_bytes(content)
    with pytest.raises(files.Unreadable, match=words):
        files.read(tmp_path / "a.zarr")


def test_bytes_behind_a_frame_do_no_harm(tmp_path, ramp):
    array = ramp((8, 8), np.uint16)
    zarr.create_array(tmp_path / "a.zarr", data=array, chunks=(8, 8), zarr_format=2, compressors=Blosc())
    chunk = tmp_path / "a.zarr" / "0.0"
    chunk.write_bytes(chunk.read_bytes() + b"\0")
    np.testing.assert_array_equal(files.read(tmp_path / "a.zarr").array, array)
