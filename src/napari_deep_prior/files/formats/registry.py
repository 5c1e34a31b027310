"""Suffix -> Format."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from napari_deep_prior.files.formats import png_jpeg
from napari_deep_prior.files.picture import Unreadable

TIFF = (".tif", ".tiff")


SUFFIXES = (*TIFF, *png_jpeg.DTYPES)


def _existing(path: Path | str) -> Path:
    path = Path(path)
    _suffix(path)
    if not path.exists():
        raise FileNotFoundError(f"{path} does not exist.")
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder: needs one image file.")
    return path


def _suffix(path: Path) -> str:
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise ValueError(f"{path} has the ending {suffix or '(none)'}: needs one of {', '.join(SUFFIXES)}.")
    return suffix


@contextlib.contextmanager
def _decoding(path: Path) -> Iterator[None]:
    """Whatever a decoder throws at a broken file, in one line that names the file."""
    try:
        yield
    except (Unreadable, PermissionError, MemoryError):
        raise
    except Exception as error:  # decoders of foreign files raise anything: struct.error, KeyError, SyntaxError
        kind = "TIFF" if _suffix(path) in TIFF else "PNG or JPEG"
        raise Unreadable(f"{path} cannot be read as {kind} ({str(error) or type(error).__name__}).") from error
