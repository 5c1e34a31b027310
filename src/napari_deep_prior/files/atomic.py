"""All or nothing on disk."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path


def sidecar(path: Path | str) -> Path:
    """Where the record of an output goes: its whole name plus ``.json``, so that no two outputs share one."""
    return Path(f"{path}.json")


def _check_place(path: Path, overwrite: bool) -> None:
    if not path.parent.is_dir():
        raise FileNotFoundError(f"The folder {path.parent} does not exist: create it first.")
    if not os.access(path.parent, os.W_OK):
        raise PermissionError(f"The folder {path.parent} cannot be written to.")
    for target in (path, sidecar(path)):
        if target.is_dir():
            raise IsADirectoryError(f"{target} is a folder.")
        if target.exists() and not overwrite:
            raise FileExistsError(f"{target} exists already: choose another name, or overwrite it with --overwrite.")


@contextlib.contextmanager
def _staged(path: Path) -> Iterator[Path]:
    """A hidden name in the same folder, to be renamed when complete: nobody ever sees half a file."""
    part = path.with_name(f".{path.stem}.{os.getpid()}.part{path.suffix}")
    try:
        yield part
    finally:
        part.unlink(missing_ok=True)
