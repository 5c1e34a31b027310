"""A finished result is never thrown away: where its place cannot be written to any more, it is saved in another one."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

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
