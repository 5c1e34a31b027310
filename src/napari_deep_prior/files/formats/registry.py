"""The formats, collected by themselves: each module of this folder defines subclasses of `Format`."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from pathlib import Path

from napari_deep_prior.files import formats
from napari_deep_prior.files.formats._base import Format


def _collect() -> tuple[Format, ...]:
    found: list[Format] = []
    for module_info in pkgutil.iter_modules(formats.__path__):
        if not module_info.name.startswith("_") and module_info.name != "registry":
            module = importlib.import_module(f"{formats.__name__}.{module_info.name}")
            classes = inspect.getmembers(module, inspect.isclass)
            found += [
                c() for name, c in classes if issubclass(c, Format) and not name.startswith("_") and c is not Format
            ]
    return tuple(sorted(found, key=lambda kind: kind.order))


FORMATS = _collect()
"""All formats, in the order in which they are named."""

SUFFIXES = {suffix: kind for kind in FORMATS for suffix in kind.suffixes}
"""Ending of a file name -> its format."""


def format_of(path: Path) -> Format:
    """The format that the ending of a name stands for, or that of a folder above where the path leads into an image.

    Raises
    ------
    ValueError
        If it stands for none.
    """
    suffix = path.suffix.lower()
    if suffix in SUFFIXES:
        return SUFFIXES[suffix]
    for above in path.parents:
        kind = SUFFIXES.get(above.suffix.lower())
        if kind is not None and kind.folder:
            return kind
    raise ValueError(f"{path} has the ending {suffix or '(none)'}: needs one of {', '.join(SUFFIXES)}.")


def names() -> str:
    """All formats as a list in words: "TIFF, OME-TIFF, PNG or JPEG"."""
    *most, last = [name for kind in FORMATS for name in kind.names]
    return f"{', '.join(most)} or {last}" if most else last
