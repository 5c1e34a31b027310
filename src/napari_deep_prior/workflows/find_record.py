"""The record of a result, wherever it stands: a JSON file, the file beside an image, or the image itself."""

from __future__ import annotations

from pathlib import Path

from napari_deep_prior import files
from napari_deep_prior.core.results import Record

_LARGEST = 2**28
"""Bytes of a record, at most: that of a film of ten thousand frames is smaller."""


def find_record(path: Path) -> Record:
    """The record that `path` is, or that goes with the result `path`: beside it, otherwise inside it.

    Raises
    ------
    OSError
        If the file cannot be read.
    ValueError
        If there is no record, or one that is damaged or of another version; the message names the file.
    """
    try:
        return Record.from_json(record_text(path))
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def record_text(path: Path) -> str:
    """The same as JSON text, as it stands there. Raises as `find_record`, but does not look into it."""
    text = _text(path) if path.suffix.lower() == ".json" else _of_image(path)
    if text is None:
        raise ValueError(f"no record is in it, and {files.sidecar(path).name} is not beside it.")
    return text


def _of_image(path: Path) -> str | None:
    beside = files.sidecar(path)
    return _text(beside) if beside.is_file() else files.read_record(path)


def _text(path: Path) -> str:
    if not path.exists():
        raise FileNotFoundError(f"{path} does not exist.")
    if not path.is_file() or path.stat().st_size > _LARGEST:
        raise ValueError(f"{path} is no record: needs a JSON file of sensible size.")
    return path.read_text(encoding="utf-8")
