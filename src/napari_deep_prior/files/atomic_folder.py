"""All or nothing for images that are folders: one is filled under a hidden name and gets its own when it is complete."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from napari_deep_prior.files import atomic

Objection = Callable[[Path], str | None]
"""Says what speaks against replacing a folder, or None."""


def check_place(path: Path, record: Path | None, *, overwrite: bool, replaceable: Objection) -> None:
    """Refuse a place that cannot be written to, by trying.

    Parameters
    ----------
    path
        Where the folder goes.
    record
        The file beside it, if there is one.
    overwrite
        Whether what is there may be replaced.
    replaceable
        Says what speaks against it.

    Raises
    ------
    OSError
        If the folder above is missing or closed to writing, or something is there that may not be replaced.
    """
    if not path.parent.is_dir():
        raise FileNotFoundError(f"The folder {path.parent} does not exist: create it first.")
    if not os.path.lexists(path):
        atomic.check_free([path], overwrite=False)  # names that are too long
    else:
        _check_replaceable(path, overwrite, replaceable)
    atomic.check_free([] if record is None else [record], overwrite=overwrite)
    try:
        with staged(path):
            pass
    except OSError as error:
        raise PermissionError(f"The folder {path.parent} cannot be written to ({error.strerror}).") from error


@contextlib.contextmanager
def staged(path: Path) -> Iterator[Path]:
    """An empty folder under a hidden name beside `path`, to be given its name by `publish`; removed if it was not."""
    atomic.remove_stale(path.parent)
    part = atomic.hidden(path, atomic.PART)
    part.mkdir()
    try:
        yield part
    finally:
        shutil.rmtree(part, ignore_errors=True)


def publish(part: Path, path: Path, *, overwrite: bool, replaceable: Objection) -> None:
    """Give a complete folder its name, safe against loss of power.

    What is replaced is set aside first, under a hidden name that is not swept away, and comes back if anything goes wrong.

    Raises
    ------
    OSError
        If something is there by now that may not be replaced.
    """
    for folder, _, names in os.walk(part, topdown=False):
        for name in names:
            atomic.flush(Path(folder, name))
        atomic.flush(Path(folder))
    if os.path.lexists(path):
        _check_replaceable(path, overwrite, replaceable)
        _replace(part, path)
    else:
        part.rename(path)  # refuses where something is there
    atomic.flush(path.parent)


def _replace(part: Path, path: Path) -> None:
    before = atomic.hidden(path, ".before")
    path.rename(before)
    try:
        part.rename(path)
    except OSError:
        before.rename(path)
        raise
    if before.is_symlink():
        before.unlink()  # the link, not what it leads to
    else:
        shutil.rmtree(before, ignore_errors=True)


def _check_replaceable(path: Path, overwrite: bool, replaceable: Objection) -> None:
    if not overwrite:
        raise FileExistsError(f"{path} exists already: choose another name, or overwrite it with --overwrite.")
    if not path.is_dir():
        raise NotADirectoryError(f"{path} is a file, and the image would be a folder: choose another name.")
    objection = replaceable(path)
    if objection is not None:
        raise IsADirectoryError(f"{path} {objection}: choose another name, it is not replaced.")
