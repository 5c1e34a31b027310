"""All or nothing on disk: a file is written under a hidden name and gets its own when it is complete.

Nobody ever sees half a file, and what somebody else puts into the place meanwhile is not replaced unless that was asked for.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import stat
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

_PREFIX, PART = ".napari-deep-prior-", ".part"
"""Of hidden names, which nobody can foresee between them."""

_STALE = 24 * 3600.0
"""Seconds after which a hidden file is what a killed run has left behind."""


def sidecar(path: Path | str) -> Path:
    """Where the record of an output goes: its whole name plus ``.json``, so that no two outputs share one."""
    return Path(f"{path}.json")


def check_place(path: Path, record: Path | None, *, overwrite: bool) -> None:
    """Refuse a place that cannot be written to, by trying; `record` is the file beside the image, if there is one.

    Raises
    ------
    OSError
        If the folder is missing or closed to writing, a name is too long, or something is there that may not be replaced.
    """
    if not path.parent.is_dir():
        raise FileNotFoundError(f"The folder {path.parent} does not exist: create it first.")
    for target in (path, *([] if record is None else [record])):
        _check_target(target, overwrite)
    try:
        with staged(path):
            pass
    except OSError as error:
        raise PermissionError(f"The folder {path.parent} cannot be written to ({error.strerror}).") from error


def _check_target(target: Path, overwrite: bool) -> None:
    try:
        there = os.lstat(target)
    except FileNotFoundError:
        return
    except OSError as error:
        raise OSError(f"{target} cannot be a file here ({error.strerror}): choose another name.") from error
    if stat.S_ISDIR(there.st_mode):
        raise IsADirectoryError(f"{target} is a folder.")
    if not overwrite:
        raise FileExistsError(f"{target} exists already: choose another name, or overwrite it with --overwrite.")


def check_free(paths: Iterable[Path], *, overwrite: bool) -> None:
    """Refuse to replace files.

    Raises
    ------
    OSError
        If one is there and may not be replaced.
    """
    for path in paths:
        _check_target(path, overwrite)


@contextlib.contextmanager
def staged(path: Path) -> Iterator[Path]:
    """An empty file under a hidden name in the same folder, to be given its name by `publish`; removed if it was not.

    The name cannot be foreseen and is not there before, so that no link that somebody laid there is followed. What killed
    runs have left in the folder is removed.
    """
    remove_stale(path.parent)
    part = hidden(path, PART)
    os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
    try:
        yield part
    finally:
        part.unlink(missing_ok=True)


def publish(part: Path, path: Path, *, overwrite: bool) -> None:
    """Give a complete file its name, safe against loss of power; what it replaces hands its permissions on.

    Raises
    ------
    FileExistsError
        If something is there by now that may not be replaced.
    """
    flush(part)
    if overwrite:
        with contextlib.suppress(FileNotFoundError):
            there = os.lstat(path)
            if stat.S_ISREG(there.st_mode):
                part.chmod(stat.S_IMODE(there.st_mode))
        part.replace(path)
    elif os.name == "nt":
        part.rename(path)  # refuses where something is there
    else:
        _link(part, path)
    flush(path.parent)


def _link(part: Path, path: Path) -> None:
    """A second name for the file, which fails where one is there already; without links on this disk, the nearest to it."""
    try:
        os.link(part, path, follow_symlinks=False)
    except FileExistsError:
        raise FileExistsError(f"{path} exists by now, and is not replaced.") from None
    except OSError:
        if os.path.lexists(path):
            raise FileExistsError(f"{path} exists by now, and is not replaced.") from None
        part.replace(path)


def flush(path: Path) -> None:
    """Onto the disk, as far as the system can: folders cannot be flushed everywhere."""
    with contextlib.suppress(OSError):
        number = os.open(path, os.O_RDWR if path.is_file() else os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)


def hidden(path: Path, kind: str) -> Path:
    """A name in the same folder that nobody can foresee, with the same ending."""
    return path.with_name(f"{_PREFIX}{secrets.token_hex(8)}{kind}{path.suffix}")


def remove_stale(folder: Path) -> None:
    """What killed runs have left behind, files and folders, as far as it can be removed."""
    with contextlib.suppress(OSError):
        for part in folder.glob(f"{_PREFIX}*{PART}*"):
            there = os.lstat(part)
            if time.time() - there.st_mtime <= _STALE:
                continue
            if stat.S_ISDIR(there.st_mode):
                shutil.rmtree(part, ignore_errors=True)
            else:
                part.unlink()
