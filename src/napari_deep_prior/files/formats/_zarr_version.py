"""Versions of OME-Zarr that are written: what of a store differs between them, and the chunks and shards of its arrays."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Literal

import numpy as np

from napari_deep_prior.files import pyramid

OmeZarr = Literal["0.5", "0.4"]
"""Names of the versions, the newest first."""

NEWEST: Final[OmeZarr] = "0.5"

_SHARD = 2048
"""Pixels along y and x that lie in one file."""

_SHARD_BYTES = 2**26
"""Size of one file, about: so large that there are few of them, so small that one is soon written."""


@dataclasses.dataclass(frozen=True, slots=True)
class Version:
    """One version: 0.5 lies in Zarr 3, and 0.4 in Zarr 2, which has no shards and names no axes.

    Attributes
    ----------
    name
        As the standard calls it.
    zarr_format
        Version of Zarr in which it lies.
    """

    name: OmeZarr
    zarr_format: Literal[2, 3]

    def attributes(self, image: Mapping[str, Any], omero: Mapping[str, Any] | None) -> dict[str, Any]:
        """What a group says about its image, checked: in the attribute ``ome``, or in version 0.4 beside each other.

        Parameters
        ----------
        image
            Axes and levels.
        omero
            How its channels are shown, where that is known.
        """
        from yaozarrs import v04, v05

        new = self.name == "0.5"
        said = {"multiscales": [image], **({} if omero is None else {"omero": omero})}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # units that the standard does not know
            if new:
                found = v05.Image.model_validate({"version": self.name, **said})
                return {"ome": found.model_dump(exclude_none=True, mode="json")}
            return v04.Image.model_validate(said).model_dump(exclude_none=True, mode="json")

    def array_options(
        self, axes: str, names: tuple[str, ...], shape: tuple[int, ...], itemsize: int, depth: int | None
    ) -> dict[str, Any]:
        """How Zarr stores a level of this shape: its chunks, their compression, and their files.

        Parameters
        ----------
        axes, names
            Letters of its axes, and what the store calls them.
        shape, itemsize
            Of its pixels.
        depth
            Planes along z in one file; None: as many as make a file of good size.
        """
        if self.zarr_format == 2:
            from numcodecs import Blosc

            return {
                "chunks": chunks(axes, shape),
                "compressors": Blosc(cname="zstd", clevel=3, shuffle=Blosc.SHUFFLE),
                "chunk_key_encoding": {"name": "v2", "separator": "/"},
            }
        from zarr.codecs import BloscCodec

        return {
            "chunks": chunks(axes, shape),
            "shards": shards(axes, shape, itemsize, depth),
            "compressors": BloscCodec(cname="zstd", clevel=3, shuffle="shuffle"),
            "dimension_names": names,
        }

    def chunk_file(self, array: Path, cell: Iterable[int]) -> Path:
        """Where a chunk, or shard, lies in the folder of its array."""
        return array.joinpath(*([] if self.zarr_format == 2 else ["c"]), *map(str, cell))

    def check(self, zarr_format: int, path: Path) -> None:
        """Refuse to go on with a store of another version.

        Raises
        ------
        ValueError
            In words: which it is, and which is written.
        """
        if zarr_format != self.zarr_format:
            other = next((one.name for one in VERSIONS.values() if one.zarr_format == zarr_format), "another version")
            raise ValueError(
                f"{path} is OME-Zarr {other} and cannot go on as {self.name}: choose {other}, or remove it."
            )


VERSIONS: Mapping[str, Version] = MappingProxyType({"0.5": Version("0.5", 3), "0.4": Version("0.4", 2)})
"""By their names."""


def chunks(axes: str, shape: tuple[int, ...]) -> tuple[int, ...]:
    """Sizes of a chunk: a square of one plane."""
    return tuple(min(size, pyramid.LAST) if letter in "YX" else 1 for letter, size in zip(axes, shape, strict=True))


def shards(axes: str, shape: tuple[int, ...], itemsize: int, depth: int | None = None) -> tuple[int, ...] | None:
    """Sizes of a shard: squares of many planes along z, or of `depth`, of one time and channel; None where it would be a single chunk."""
    chunk = chunks(axes, shape)
    plane = [min(-(-size // step) * step, _SHARD) for size, step in zip(shape, chunk, strict=True)]
    shard = [size if letter in "YX" else 1 for letter, size in zip(axes, plane, strict=True)]
    if "Z" in axes:
        deep = axes.index("Z")
        shard[deep] = depth or max(1, min(shape[deep], _SHARD_BYTES // (int(np.prod(shard)) * itemsize)))
    return tuple(shard) if tuple(shard) != chunk else None
