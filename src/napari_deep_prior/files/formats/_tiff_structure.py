"""The skeleton of a TIFF file, walked before anything is decoded: chains that end, tables and pixels that lie in the file.

Decoders trust what a file says of itself. A damaged or malicious one can make them read without end, or fill what is cut
off with zeros.
"""

from __future__ import annotations

import dataclasses
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from napari_deep_prior.files.picture import Unreadable

_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
"""Bytes of one value, by the number of its TIFF type."""

_INTEGERS = {1: "u1", 3: "u2", 4: "u4", 13: "u4", 16: "u8", 18: "u8"}
"""numpy's letters for the types that an offset, or a number of bytes, can have."""

_SUB_IFDS = 330
_PIXELS = ((273, 279), (324, 325))
"""Tags for the offsets and the numbers of bytes: of strips, of tiles."""

_LARGEST_TABLE = 2**28
"""Bytes of one value, at most: a table of offsets for 67 million tiles."""


@dataclasses.dataclass(frozen=True, slots=True)
class _Layout:
    """How one file stores its numbers: byte order, bytes of an offset, struct letters of a count of entries and an offset."""

    order: str
    width: int
    count: str
    offset: str


_CLASSIC, _BIG = (4, "H", "I"), (8, "Q", "Q")


def check_structure(path: Path) -> None:
    """Refuse a TIFF file whose parts do not lie within it, or point at each other in a circle.

    Raises
    ------
    Unreadable
        In words: what is wrong.
    OSError
        If it cannot be read.
    """
    with path.open("rb") as file:
        size = file.seek(0, 2)
        layout, first = _header(file, path)
        try:
            _walk(file, layout, first, size)
        except struct.error:
            raise Unreadable(f"{path} cannot be read as TIFF (it is cut short).") from None
        except ValueError as error:
            raise Unreadable(f"{path} cannot be read as TIFF ({error}).") from None


def _header(file: BinaryIO, path: Path) -> tuple[_Layout, int]:
    file.seek(0)
    head = file.read(16).ljust(16, b"\0")
    order = {b"II": "<", b"MM": ">"}.get(head[:2])
    version = struct.unpack(f"{order}H", head[2:4])[0] if order else None
    if order is None or version not in (42, 43):
        raise Unreadable(f"{path} cannot be read as TIFF (it does not begin like one).")
    if version == 42:
        return _Layout(order, *_CLASSIC), struct.unpack(f"{order}I", head[4:8])[0]
    return _Layout(order, *_BIG), struct.unpack(f"{order}Q", head[8:16])[0]


def _walk(file: BinaryIO, layout: _Layout, first: int, size: int) -> None:
    """Every chain of directories: that of the pages, and those below a page."""
    if first == 0:
        raise ValueError("it holds no image")
    pending, visited, entries = [first], set[int](), 0
    while pending:
        start, chain = pending.pop(), set[int]()
        while start and start not in visited:  # two chains may meet: a pyramid names each level, and links them too
            visited.add(start)
            chain.add(start)
            tags, start = _directory(file, layout, start, size)
            entries += len(tags)
            if entries * 12 > size:
                raise ValueError("its pages lie over each other")
            _check_pixels(file, layout, tags, size)
            pending += _integers(file, layout, tags.get(_SUB_IFDS)).tolist()
        if start in chain:
            raise ValueError("its pages point at each other in a circle")


@dataclasses.dataclass(frozen=True, slots=True)
class _Tag:
    """Where the values of one tag lie: type, number of values, place in the file."""

    kind: int
    count: int
    place: int


def _directory(file: BinaryIO, layout: _Layout, start: int, size: int) -> tuple[dict[int, _Tag], int]:
    """The tags of one directory, and where the next directory begins (0: nowhere)."""
    if start >= size:
        raise ValueError("it is cut short: a page lies beyond its end")
    file.seek(start)
    lead = struct.calcsize(f"<{layout.count}")
    (count,) = struct.unpack(f"{layout.order}{layout.count}", file.read(lead))
    length = 4 + 2 * layout.width
    if start + lead + count * length + layout.width > size:
        raise ValueError("it is cut short: a page lies beyond its end")
    block = file.read(count * length + layout.width)
    tags = dict(_tags(layout, block[: count * length], start + lead, size))
    (after,) = struct.unpack(f"{layout.order}{layout.offset}", block[-layout.width :])
    return tags, int(after)


def _tags(layout: _Layout, block: bytes, start: int, size: int) -> Iterator[tuple[int, _Tag]]:
    length = 4 + 2 * layout.width
    for number, (code, kind, count, offset) in enumerate(
        struct.iter_unpack(f"{layout.order}HH{layout.offset}{layout.offset}", block)
    ):
        nbytes = count * _SIZES.get(kind, 1)
        inside = nbytes <= layout.width
        place = start + number * length + 4 + layout.width if inside else offset
        if place + nbytes > size:
            raise ValueError("it is cut short or damaged: a value lies beyond its end")
        yield code, _Tag(kind, count, place)


def _check_pixels(file: BinaryIO, layout: _Layout, tags: dict[int, _Tag], size: int) -> None:
    for offsets_tag, counts_tag in _PIXELS:
        offsets = _integers(file, layout, tags.get(offsets_tag))
        counts = _integers(file, layout, tags.get(counts_tag))
        if offsets.size != counts.size:  # old writers leave out the numbers of bytes of a single strip
            counts = np.zeros_like(offsets)
        # Compared so that a sum of huge numbers cannot wrap round.
        if (offsets > size).any() or (counts > size - np.minimum(offsets, size)).any():
            raise ValueError("it is cut short or damaged: pixels lie beyond its end")


def _integers(file: BinaryIO, layout: _Layout, tag: _Tag | None) -> NDArray[np.uint64]:
    """The values of a tag; none where it is missing, or holds no whole numbers."""
    if tag is None or tag.kind not in _INTEGERS or tag.count * _SIZES[tag.kind] > _LARGEST_TABLE:
        return np.zeros(0, np.uint64)
    file.seek(tag.place)
    stored = np.dtype(f"{layout.order}{_INTEGERS[tag.kind]}")
    return np.frombuffer(file.read(tag.count * stored.itemsize), stored).astype(np.uint64)
