"""Arrays with texts in one file: what was written is read, and nothing damaged is believed."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

from napari_deep_prior.files import tensors
from napari_deep_prior.files.tensors import check_tensors_place, read_tensors, write_tensors

DTYPES = st.sampled_from([np.dtype("<f4"), np.dtype("<f8"), np.dtype("<i8")])
ARRAYS = st.dictionaries(
    st.text(min_size=1, max_size=8).filter(lambda name: name != "__metadata__"),
    DTYPES.flatmap(
        lambda dtype: arrays_of.arrays(dtype, arrays_of.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4))
    ),
    min_size=1,
    max_size=4,
)


def a_file(folder: Path, header: object = None, buffer: bytes = b"", length: int | None = None) -> Path:
    """A file made by hand."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path = folder / "hand.safetensors"
    path.write_bytes((len(text) if length is None else length).to_bytes(8, "little") + text + buffer)
    return path


@settings(max_examples=30, deadline=None)
@given(arrays=ARRAYS, texts=st.dictionaries(st.text(max_size=5), st.text(max_size=20), max_size=3))
def test_what_was_written_is_read(tmp_path_factory, arrays, texts) -> None:
    path = tmp_path_factory.mktemp("t") / "a.safetensors"
    write_tensors(path, arrays, texts, overwrite=False)
    back, found = read_tensors(path)
    assert found == texts
    assert back.keys() == arrays.keys()
    for name, array in arrays.items():
        assert back[name].dtype == array.dtype
        assert back[name].shape == array.shape
        assert back[name].tobytes() == array.tobytes()


GOOD = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}


@pytest.mark.parametrize(
    ("header", "buffer"),
    [
        ([], b""),
        (b"{", b""),
        (b"[" * 100_000, b""),
        ({"__metadata__": {"a": 1}}, b""),
        ({"a": 1}, b""),
        ({"a": {**GOOD, "dtype": "BF16"}}, b"\0" * 8),
        ({"a": {**GOOD, "dtype": ["F32"]}}, b"\0" * 8),
        ({"a": {**GOOD, "shape": [-2]}}, b"\0" * 8),
        ({"a": {**GOOD, "shape": [10**30]}}, b"\0" * 8),
        ({"a": {**GOOD, "shape": [3]}}, b"\0" * 12),
        ({"a": {**GOOD, "data_offsets": [4, 12]}}, b"\0" * 12),
        ({"a": GOOD, "b": GOOD}, b"\0" * 8),
        ({"a": GOOD}, b"\0" * 7),
        ({"a": GOOD}, b"\0" * 9),
    ],
)
def test_what_contradicts_itself_is_refused_in_words(tmp_path: Path, header, buffer: bytes) -> None:
    with pytest.raises(ValueError, match=r"no \.safetensors file, or damaged"):
        read_tensors(a_file(tmp_path, header, buffer))


@pytest.mark.parametrize("length", [0, 2**63 - 1, 2**20 + 1, 3])
def test_a_description_of_impossible_length_is_refused(tmp_path: Path, length: int) -> None:
    with pytest.raises(ValueError, match=r"no \.safetensors file"):
        read_tensors(a_file(tmp_path, {}, length=length))


def test_a_file_that_is_too_large_missing_or_no_file_is_refused_unread(tmp_path: Path) -> None:
    large = tmp_path / "large.safetensors"
    large.touch()
    os.truncate(large, tensors._LARGEST + 1)  # takes no room
    with pytest.raises(ValueError, match="bytes"):
        read_tensors(large)
    with pytest.raises(FileNotFoundError, match="does not exist"):
        read_tensors(tmp_path / "none.safetensors")
    with pytest.raises(ValueError, match="folder"):
        read_tensors(tmp_path)


@settings(max_examples=60, deadline=None)
@given(place=st.integers(0, 10**6), value=st.integers(0, 255), cut=st.integers(0, 40))
def test_any_damage_is_told_or_harmless(tmp_path_factory, place: int, value: int, cut: int) -> None:
    path = tmp_path_factory.mktemp("t") / "a.safetensors"
    write_tensors(path, {"a": np.ones((2, 3), np.float32), "b": np.arange(3)}, {"text": "x"}, overwrite=False)
    content = bytearray(path.read_bytes())
    content[place % len(content)] = value
    path.write_bytes(content[: len(content) - cut])
    with contextlib.suppress(ValueError):  # anything else would be a fault
        read_tensors(path)


def test_a_place_is_refused_beforehand(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"\.safetensors"):
        check_tensors_place(tmp_path / "a.npz", overwrite=True)
    (tmp_path / "a.safetensors").touch()
    with pytest.raises(FileExistsError):
        check_tensors_place(tmp_path / "a.safetensors", overwrite=False)
    check_tensors_place(tmp_path / "a.safetensors", overwrite=True)
    with pytest.raises(FileNotFoundError):
        check_tensors_place(tmp_path / "none" / "a.safetensors", overwrite=False)
