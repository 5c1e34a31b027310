"""Arrays with a text, in one file of the format safetensors: no code in it, and nothing of it is believed unchecked.

The format is eight bytes, JSON and the arrays one after the other, so that it is read here, with bounds, rather than by one more
dependency. https://huggingface.co/docs/safetensors describes it; its package reads these files too.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeGuard

import numpy as np
from numpy.typing import NDArray

from napari_deep_prior.files.atomic import check_place, publish, staged

ENDING = ".safetensors"

_LARGEST, _LARGEST_HEADER = 2**28, 2**20
"""Bytes of a file and of its JSON, at most: what claims more is not read."""

_AXES = 8
"""Axes of an array, at most."""

_TYPES: dict[str, np.dtype[Any]] = {"F32": np.dtype("<f4"), "F64": np.dtype("<f8"), "I64": np.dtype("<i8")}
"""Number types that are read and written."""

_METADATA = "__metadata__"

Arrays = dict[str, NDArray[Any]]


def check_tensors_place(path: Path, *, overwrite: bool) -> None:
    """Refuse a name without the ending of the format, and a place that cannot be written to. Raises OSError and ValueError."""
    if path.suffix.lower() != ENDING:
        raise ValueError(f"{path}: needs a name that ends with {ENDING}.")
    check_place(path, None, overwrite=overwrite)


def write_tensors(path: Path, arrays: Mapping[str, NDArray[Any]], texts: Mapping[str, str], *, overwrite: bool) -> None:
    """Write a file, whole or not at all; the same arrays and texts make the same bytes.

    Raises
    ------
    OSError
        If it cannot be written, or is there and may not be replaced.
    """
    names = {dtype: name for name, dtype in _TYPES.items()}
    header: dict[str, Any] = {_METADATA: dict(sorted(texts.items()))}
    blocks, end = [], 0
    for name, array in sorted(arrays.items()):
        dtype = array.dtype.newbyteorder("<")
        blocks.append(np.ascontiguousarray(array, dtype).tobytes())
        begin, end = end, end + len(blocks[-1])
        header[name] = {"dtype": names[dtype], "shape": list(array.shape), "data_offsets": [begin, end]}
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # arrays begin at a multiple of eight
    with staged(path) as part:
        part.write_bytes(b"".join([len(text).to_bytes(8, "little"), text, *blocks]))
        publish(part, path, overwrite=overwrite)


def read_tensors(path: Path) -> tuple[Arrays, dict[str, str]]:
    """The arrays of a file by name, and its texts.

    Raises
    ------
    OSError
        If it cannot be read.
    ValueError
        If it is not of this format, too large, damaged, or holds arrays of other number types.
    """
    try:
        return _parsed(_bytes(path))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path} is no {ENDING} file, or damaged: {error}") from error


def _bytes(path: Path) -> bytes:
    if not path.exists():
        raise FileNotFoundError(f"{path} does not exist.")
    if not path.is_file():
        raise ValueError("it is no file.")
    if (size := path.stat().st_size) > _LARGEST:
        raise ValueError(f"it has {size} bytes, {_LARGEST} are the most that are read.")
    return path.read_bytes()


def _parsed(content: bytes) -> tuple[Arrays, dict[str, str]]:
    length = int.from_bytes(content[:8], "little")
    if len(content) < 8 or length > min(_LARGEST_HEADER, len(content) - 8):
        raise ValueError("it does not begin with the length of a description.")
    header = json.loads(content[8 : 8 + length], object_pairs_hook=_without_doubles)
    if not isinstance(header, dict):
        raise ValueError("its description names no arrays.")
    texts = header.pop(_METADATA, {})
    if not isinstance(texts, dict) or not all(isinstance(text, str) for text in texts.values()):
        raise ValueError("its metadata are no texts.")
    buffer = memoryview(content)[8 + length :]
    arrays, end = {}, 0
    for begin, until, name, dtype, shape in sorted(_place(name, described) for name, described in header.items()):
        if begin != end or until > len(buffer):
            raise ValueError(f"array {name!r} does not lie where the one before it ends, or is cut off.")
        arrays[name] = np.frombuffer(buffer[begin:until], _TYPES[dtype]).reshape(shape).copy()
        end = until
    if end != len(buffer):
        raise ValueError(f"{len(buffer) - end} bytes belong to no array.")
    return arrays, texts


def _place(name: str, described: object) -> tuple[int, int, str, str, list[int]]:
    """First byte, last byte, name, number type and shape of an array, which agree with each other."""
    values = described if isinstance(described, dict) else {}
    dtype, shape, offsets = (values.get(key) for key in ("dtype", "shape", "data_offsets"))
    if not isinstance(dtype, str) or dtype not in _TYPES:
        raise ValueError(f"array {name!r} has numbers of the type {dtype!r}: needs one of {', '.join(_TYPES)}.")
    if not _are_sizes(shape) or not _are_sizes(offsets) or len(offsets) != 2 or len(shape) > _AXES:
        raise ValueError(f"array {name!r} has no proper shape or place.")
    if math.prod(shape) * _TYPES[dtype].itemsize != offsets[1] - offsets[0]:
        raise ValueError(f"array {name!r} of shape {shape} does not fit into its bytes.")
    return offsets[0], offsets[1], name, dtype, shape


def _are_sizes(values: object) -> TypeGuard[list[int]]:
    return isinstance(values, list) and all(type(size) is int and 0 <= size <= _LARGEST for size in values)


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) != len(pairs):
        raise ValueError("a name is there twice.")
    return values
