"""All or nothing on disk: a file is written under a hidden name and renamed when it is complete."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path


def sidecar(path: Path | str) -> Path:
    """Where the record of an output goes: its whole name plus ``.json``, so that no two outputs share one."""
    return Path(f"{path}.json")


def check_place(path: Path, record: Path | None, *, overwrite: bool) -> None:
    """Refuse a place that cannot be written to; `record` is the file beside the image, if there is one.

    Raises
    ------
    OSError
        If the folder is missing or closed to writing, or something is there that may not be replaced.
    """
    if not path.parent.is_dir():
        raise FileNotFoundError(f"The folder {path.parent} does not exist: create it first.")
    if not os.access(path.parent, os.W_OK):
        raise PermissionError(f"The folder {path.parent} cannot be written to.")
    for target in (path, *([] if record is None else [record])):
        if target.is_dir():
            raise IsADirectoryError(f"{target} is a folder.")
        if target.exists() and not overwrite:
            raise FileExistsError(f"{target} exists already: choose another name, or overwrite it with --overwrite.")


@contextlib.contextmanager
def staged(path: Path) -> Iterator[Path]:
    """A hidden name in the same folder, to be renamed when complete: nobody ever sees half a file."""
    part = path.with_name(f".{path.stem}.{os.getpid()}.part{path.suffix}")
    try:
        yield part
    finally:
        part.unlink(missing_ok=True)
