"""Blosc in Zarr: its decoder believes the lengths that a frame claims, and reads past the end of one that is damaged.

That ends the interpreter, or shows what lies beside it in memory (numcodecs issue 228). So each frame is looked at before it.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import zarr
from numcodecs.abc import Codec
from zarr.abc.codec import BytesBytesCodec
from zarr.codecs import ShardingCodec
from zarr.core.array_spec import ArraySpec
from zarr.core.buffer import Buffer

from napari_deep_prior.files.picture import Unreadable, check_claim

_HEADER = 16
"""Bytes before the pixels; the length of these and of the whole frame stand in it, four bytes each."""


def guarded(array: zarr.Array[Any], path: Path) -> zarr.Array[Any]:
    """The same array, to be read only: frames that claim what they do not hold are refused as `Unreadable`."""
    metadata: Any = array.metadata
    if metadata.zarr_format == 2:
        parts = [part for part in (*(metadata.filters or ()), metadata.compressor) if part is not None]
        if "blosc" not in (part.codec_id for part in parts):
            return array
        checked = [step for part in parts for step in _followed(part, part.codec_id, _OldCheck(path))]
        metadata = dataclasses.replace(metadata, filters=checked, compressor=None)
    else:
        metadata = dataclasses.replace(metadata, codecs=_checked(metadata.codecs, path))
    return zarr.Array(zarr.AsyncArray(metadata=metadata, store_path=array.store_path))


def check_frame(frame: bytes, path: Path) -> None:
    """Refuse a frame of Blosc that is shorter than it says, or says that it holds more than can be true.

    Raises
    ------
    Unreadable
        If it is damaged.
    """
    pixels, whole = (int.from_bytes(frame[at : at + 4], "little") for at in (4, 12))
    if not _HEADER <= whole <= len(frame):
        raise Unreadable(f"{path} is damaged: a chunk of {len(frame)} bytes claims to have {whole}.")
    check_claim(pixels, whole, path)


@dataclasses.dataclass(frozen=True)
class _Check(BytesBytesCodec):
    """Stands behind Blosc in an array of version 3, so that it is decoded before."""

    path: Path
    is_fixed_size = True

    async def _decode_single(self, chunk_data: Buffer, chunk_spec: ArraySpec) -> Buffer:
        check_frame(chunk_data.to_bytes(), self.path)
        return chunk_data

    def compute_encoded_size(self, input_byte_length: int, _chunk_spec: ArraySpec) -> int:
        return input_byte_length


class _OldCheck(Codec):  # type: ignore[misc]  # Any to mypy
    """The same for version 2."""

    codec_id = "napari-deep-prior-check"

    def __init__(self, path: Path) -> None:
        self._path = path

    def encode(self, buf: Any) -> Any:
        return buf

    def decode(self, buf: Any, out: Any = None) -> Any:
        check_frame(bytes(buf), self._path)
        return buf


def _checked(codecs: tuple[Any, ...], path: Path) -> list[Any]:
    """Codecs of version 3, those inside of shards included, with a check behind each Blosc."""
    checked: list[Any] = []
    for codec in codecs:
        inner = codec
        if isinstance(codec, ShardingCodec):
            inner = dataclasses.replace(codec, codecs=tuple(_checked(codec.codecs, path)))
        checked += _followed(inner, str(codec.to_dict().get("name")).removeprefix("numcodecs."), _Check(path))
    return checked


def _followed(codec: Any, name: str, check: Any) -> list[Any]:
    return [codec, check] if name == "blosc" else [codec]
