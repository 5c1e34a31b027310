"""Arrays with texts, in one file of the format safetensors: no code in it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
import safetensors.numpy
from numpy.typing import NDArray

from napari_deep_prior.files.atomic import check_place, publish, staged

ENDING = ".safetensors"

_LARGEST = 2**28
"""Bytes of a file, at most: what is larger is not read."""

Arrays = dict[str, NDArray[Any]]


def check_tensors_place(path: Path, *, overwrite: bool) -> None:
    """Refuse a name without the ending of the format, and a place that cannot be written to. Raises OSError and ValueError."""
    if path.suffix.lower() != ENDING:
        raise ValueError(f"{path}: needs a name that ends with {ENDING}.")
    check_place(path, None, overwrite=overwrite)


def write_tensors(path: Path, arrays: Mapping[str, NDArray[Any]], texts: Mapping[str, str], *, overwrite: bool) -> None:
    """Write a file, whole or not at all.

    Raises
    ------
    OSError
        If it cannot be written, or is there and may not be replaced.
    """
    content = safetensors.numpy.save(
        {name: np.require(array, None, "C") for name, array in arrays.items()}, dict(texts)
    )
    with staged(path) as part:
        part.write_bytes(content)
        publish(part, path, overwrite=overwrite)


def read_tensors(path: Path) -> tuple[Arrays, dict[str, str]]:
    """The arrays of a file by name, and its texts.

    Raises
    ------
    OSError
        If it cannot be read.
    ValueError
        If it is not of this format, too large, damaged, or holds numbers that numpy does not know.
    """
    _check(path)
    try:
        with safetensors.safe_open(path, framework="numpy") as opened:
            return {name: opened.get_tensor(name) for name in opened.keys()}, opened.metadata() or {}  # noqa: SIM118
    except (safetensors.SafetensorError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"{path} is no {ENDING} file, or damaged: {error}") from error


def _check(path: Path) -> None:
    if not path.exists():
        raise FileNotFoundError(f"{path} does not exist.")
    if not path.is_file():
        raise ValueError(f"{path} is no {ENDING} file: it is a folder or a device.")
    if (size := path.stat().st_size) > _LARGEST:
        raise ValueError(f"{path} has {size} bytes: {_LARGEST} are the most that are read.")
