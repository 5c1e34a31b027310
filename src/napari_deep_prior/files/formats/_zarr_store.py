"""Zarr on the disk: metadata and arrays of a store that somebody else wrote.

Nothing outside the store is read, and no decoder runs but those of numbers: a store may name any that is installed, and
one of them (pickle) would run programs that the store brings along.
"""

from __future__ import annotations

import dataclasses
import importlib.util
import json
import math
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_deep_prior.files.lazy_array import LazyArray
from napari_deep_prior.files.picture import Unreadable, check_claim

if TYPE_CHECKING:
    import zarr

METADATA = ("zarr.json", ".zattrs", ".zarray", ".zgroup", ".zmetadata")
"""Files that hold no pixels."""

_COMPRESSIONS = {"blosc", "zlib", "gzip", "zstd", "lz4", "bz2", "lzma", "lzf", "zfpy", "pcodec"}
_REORDERINGS = {"bytes", "transpose", "sharding_indexed", "delta", "shuffle", "packbits", "astype"}
_ROUNDINGS = {"fixedscaleoffset", "quantize", "bitround"}
_CHECKSUMS = {"crc32", "crc32c", "adler32", "fletcher32", "jenkins_lookup3"}
_CODECS = _COMPRESSIONS | _REORDERINGS | _ROUNDINGS | _CHECKSUMS
"""Decoders of numbers. Those of objects run what the store says."""

_LARGEST = 2**26
"""Bytes of metadata, at most: what is longer is none."""

_MOST_CHUNKS = 4_000_000
"""Chunks of one array, at most: what claims more would be waited for without end."""


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Stored:
    """The pixels of one array.

    Attributes
    ----------
    array
        In the machine's byte order; or what reads them when it is indexed.
    dimensions
        Names of the axes that Zarr itself keeps, or None.
    notes
        What a user should know.
    """

    array: Any
    dimensions: tuple[str | None, ...] | None
    notes: tuple[str, ...]


def check_installed() -> None:
    """Refuse to go on without the packages that OME-Zarr needs.

    Raises
    ------
    ValueError
        With the command that brings them.
    """
    if any(importlib.util.find_spec(name) is None for name in ("zarr", "yaozarrs")):
        raise ValueError('OME-Zarr needs two more packages: pip install "napari-deep-prior[zarr]"')


def is_node(path: Path) -> bool:
    """Whether a folder is a group or an array of Zarr."""
    return any((path / name).is_file() for name in METADATA)


def is_array(path: Path) -> bool:
    """Whether a folder is an array, not a group."""
    return (path / ".zarray").is_file() or _json(path / "zarr.json").get("node_type") == "array"


def attributes_of(path: Path) -> dict[str, Any]:
    """What a group or an array says about itself: of version 3 of Zarr, or of version 2.

    Raises
    ------
    ValueError
        If it is no JSON, or not of the right form.
    """
    found = (
        _json(path / "zarr.json").get("attributes", {}) if (path / "zarr.json").is_file() else _json(path / ".zattrs")
    )
    if not isinstance(found, dict):
        raise ValueError("its attributes are damaged")
    return found


def inside(node: Path, name: object) -> Path:
    """The folder of a part that metadata name by its path.

    Raises
    ------
    Unreadable
        If it lies outside of `node`, directly or by a link, or is not there.
    """
    words = name if isinstance(name, str) else ""
    parts = words.split("/")
    if ".." in parts or any(sign in words for sign in ":\\\0") or not parts[0]:
        raise Unreadable(f"{node} takes its pixels from {name!r}, outside of its folder: this is not followed.")
    part = node.joinpath(*parts)
    if not part.resolve().is_relative_to(node.resolve()):
        raise Unreadable(f"{node} takes its pixels from {name!r}, a link out of its folder: this is not followed.")
    if not is_node(part):
        raise Unreadable(f"{node} is incomplete: {name} is missing.")
    return part


def read_array(path: Path) -> Stored:
    """All pixels of an array.

    Raises
    ------
    Unreadable
        If it holds no numbers, claims more than can be true, or needs a decoder that is none of numbers.
    """
    array = _opened(path)
    dtype = np.dtype(array.dtype)
    sizes = [file.stat().st_size for file in _chunk_files(path)]
    check_claim(array.nbytes, sum(sizes), path)
    check_claim(math.prod(array.chunks) * dtype.itemsize, sum(sizes), path)
    chunks = _files_expected(array)
    if chunks > _MOST_CHUNKS:
        raise Unreadable(f"{path} claims to consist of {chunks} chunks: too many to be true.")
    missing = chunks - len(sizes)
    values = np.ascontiguousarray(array[...])
    note = f"{missing} of {chunks} chunks of {path.parent.name}/{path.name} are not stored: they count as {array.fill_value}."
    return Stored(
        array=values.astype(dtype.newbyteorder("="), copy=False),
        dimensions=_dimensions(array),
        notes=(note,) if missing > 0 else (),
    )


def open_array(path: Path) -> Stored:
    """An array whose pixels are read when they are asked for, region by region; it may claim to be of any size.

    Raises
    ------
    Unreadable
        As `read_array`, and if one chunk claims more than can be true.
    """
    array = _opened(path)
    dtype = np.dtype(array.dtype)
    check_claim(math.prod(array.chunks) * dtype.itemsize, 0, path)
    return Stored(
        array=LazyArray(array.shape, dtype, lambda index: np.asarray(array[index])),
        dimensions=_dimensions(array),
        notes=(),
    )


def _opened(path: Path) -> zarr.Array[Any]:
    import zarr
    from zarr.storage import LocalStore

    from napari_deep_prior.files.formats._zarr_blosc import guarded

    _check_codecs(path)
    array = zarr.open_array(LocalStore(path, read_only=True), mode="r")
    if np.dtype(array.dtype).kind not in "buif":
        raise Unreadable(f"{path} holds {np.dtype(array.dtype)}: needs numbers that are not complex.")
    return guarded(array, path)


def _dimensions(array: zarr.Array[Any]) -> tuple[str | None, ...] | None:
    names = getattr(array.metadata, "dimension_names", None)
    return None if names is None else tuple(names)


def _json(path: Path) -> dict[str, Any]:
    """A file of metadata; empty where there is none."""
    if not path.is_file():
        return {}
    if path.stat().st_size > _LARGEST:
        raise ValueError(f"{path.name} is too large to be metadata")
    found = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(found, dict):
        raise ValueError(f"{path.name} is damaged")
    return found


def _check_codecs(path: Path) -> None:
    foreign = sorted({name for name in _codecs_of(path) if name.removeprefix("numcodecs.") not in _CODECS})
    if foreign:
        raise Unreadable(f"{path} needs the decoder {', '.join(foreign)}, which is none of numbers: it is not run.")


def _codecs_of(path: Path) -> Iterator[str]:
    """Names of the decoders that an array asks for, those inside of shards included."""
    if (path / "zarr.json").is_file():
        yield from _names(_json(path / "zarr.json").get("codecs"))
    if (path / ".zarray").is_file():
        old = _json(path / ".zarray")
        yield from _names([old.get("compressor"), *(old.get("filters") or [])])


def _names(codecs: object) -> Iterator[str]:
    for codec in codecs if isinstance(codecs, list) else []:
        if isinstance(codec, str):
            yield codec
        if not isinstance(codec, Mapping):
            continue
        yield str(codec.get("name", codec.get("id")))
        inner = codec.get("configuration")
        if isinstance(inner, Mapping):
            yield from _names(inner.get("codecs"))
            yield from _names(inner.get("index_codecs"))


def _chunk_files(path: Path) -> Iterator[Path]:
    for folder, _, names in os.walk(path):
        yield from (Path(folder, name) for name in names if name not in METADATA)


def _files_expected(array: zarr.Array[Any]) -> int:
    """Files in which the pixels lie: one a shard, or one a chunk where there are no shards."""
    return math.prod(-(-size // step) for size, step in zip(array.shape, array.shards or array.chunks, strict=True))
