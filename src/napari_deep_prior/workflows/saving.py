"""A finished result is never thrown away: where its place cannot be written to any more, it is saved in another one.

What else is known of it, its by-products, is saved where that was asked for.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from napari_deep_prior import files
from napari_deep_prior.core.results import Result

BY_PRODUCTS: Mapping[str, np.dtype[Any]] = MappingProxyType(
    {"uncertainty": np.dtype(np.float32), "invented": np.dtype(np.uint8)}
)
"""What of a result may be saved beside its image, by the names that `Result` has for it, and in which numbers."""

_NAME = 100
"""Letters of a name that are kept in another place, where a long one may be what was wrong."""


def save_somewhere(output: Path, write: Callable[[Path], None]) -> tuple[Path | None, str | None]:
    """Save at `output`, or in the next best place.

    Parameters
    ----------
    output
        The place that was asked for.
    write
        Saves at a given place, replacing nothing there, or raises OSError.

    Returns
    -------
    tuple
        Where it was saved, or None; and what went wrong, in words, or None.
    """
    try:
        write(output)
    except OSError as error:
        failure = f"The result could not be saved as {output}: {error}"
    else:
        return output, None
    for place in _other_places(output):
        try:
            write(place)
        except OSError:
            continue
        return place, f"{failure}. It is saved in {place} instead."
    return None, failure


def _other_places(output: Path) -> Iterator[Path]:
    """Free names: beside it, in the home folder, in that for temporary files."""
    for folder in (output.parent, Path.home(), Path(tempfile.gettempdir())):
        stem = output.stem[:_NAME]
        names = (folder / f"{stem}-{number}{output.suffix}" for number in range(2, 100))
        free = next((name for name in names if not name.exists()), None)
        if folder.is_dir() and free is not None:
            yield free


def check_by_products(by_products: Mapping[str, Path], output: Path, *, like: files.Picture, overwrite: bool) -> None:
    """Refuse places for by-products of a result at `output` that could not be written to.

    Raises
    ------
    OSError, ValueError
        As `files.check_output`, and for names that are there twice, or are none of `BY_PRODUCTS`.
    """
    places = {os.path.realpath(output)}
    for name, path in by_products.items():
        if name not in BY_PRODUCTS:
            raise ValueError(f"by-product {name!r}: needs one of {', '.join(BY_PRODUCTS)}.")
        if (place := os.path.realpath(path)) in places:
            raise ValueError(f"{path} is named twice: needs a file of its own for the {name}.")
        places.add(place)
        files.check_output(path, like=like, dtype=BY_PRODUCTS[name], overwrite=overwrite)


def save_by_products(
    result: Result,
    by_products: Mapping[str, Path],
    *,
    like: files.Picture,
    overwrite: bool,
    ome_zarr: files.OmeZarr = files.NEWEST,
) -> str | None:
    """Save them; what could not be saved and why, in words, or None."""
    failures = []
    for name, path in by_products.items():
        try:
            files.write(
                path,
                getattr(result, name),
                like=like,
                dtype=BY_PRODUCTS[name],
                overwrite=overwrite,
                ome_zarr=ome_zarr,
            )
        except OSError as error:
            failures.append(f"The {name} could not be saved as {path}: {error}")
    return " ".join(failures) or None
