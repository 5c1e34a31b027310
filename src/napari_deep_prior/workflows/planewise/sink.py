"""DiskSink: restored planes into the image of an unfinished output, with a mark for each that is done."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_deep_prior import files
from napari_deep_prior.core.data.sink import RestoredPlane
from napari_deep_prior.workflows.planewise.folder import Mark, PartialFolder
from napari_deep_prior.workflows.saving import BY_PRODUCTS

_NOTHING = (math.inf, -math.inf)
"""The range of no numbers."""


class DiskSink:
    """Writes planes as they come.

    Parameters
    ----------
    folder
        Of the unfinished output.
    writer
        Of its image.
    axes
        One letter for each axis of the image.
    dtype
        Its numbers.
    beside
        Writers of by-products of the result, by name.
    """

    image = uncertainty = invented = None

    def __init__(
        self,
        folder: PartialFolder,
        writer: files.PlaneWriter,
        axes: str,
        dtype: np.dtype[Any],
        beside: Mapping[str, files.PlaneWriter] = MappingProxyType({}),
    ) -> None:
        self._folder, self._writer, self._axes, self._dtype, self._beside = folder, writer, axes, dtype, beside

    def check(self, shape: tuple[int, ...]) -> None:
        """The writer is made for the result's shape."""

    def write(self, plane: RestoredPlane) -> None:
        """The pixels first: a plane with a mark is whole.

        Raises
        ------
        OSError
            If the disk is full, or gone.
        """
        stored = files.to_dtype(plane.image, self._dtype)
        self._writer.write(plane.index, stored)
        for name, writer in self._beside.items():
            writer.write(plane.index, files.to_dtype(getattr(plane, name), BY_PRODUCTS[name]))
        self._folder.keep_mark(
            Mark(
                plan=self._folder.plan_hash,
                digest=plane.digest.hex(),
                report=plane.report,
                ranges=tuple(self._ranges(plane, stored)),
                clipped=files.clipped(plane.image, self._dtype),
            )
        )

    def _ranges(self, plane: RestoredPlane, stored: NDArray[Any]) -> list[files.Range]:
        """Of each channel, up to the one that the plane belongs to where it has none inside."""
        at = dict(zip(self._axes, plane.index, strict=True)).get("C")
        before = [_NOTHING] * at if isinstance(at, int) and "S" not in self._axes else []
        return [*before, *(files.range_of(one) for one in self._channels(plane, stored))]

    def _channels(self, plane: RestoredPlane, stored: NDArray[Any]) -> list[NDArray[Any]]:
        """The plane, or each of its channels."""
        inside = [letter for letter, at in zip(self._axes, plane.index, strict=True) if isinstance(at, slice)]
        along = next((inside.index(letter) for letter in "CS" if letter in inside), None)
        return [stored] if along is None else list(np.moveaxis(stored, along, 0))


def ranges_of(marks: list[Mark]) -> list[tuple[float, float]]:
    """Smallest and largest number of each channel of the whole."""
    found: dict[int, tuple[float, float]] = {}
    for mark in marks:
        for number, (low, high) in enumerate(mark.ranges):
            before = found.get(number, (low, high))
            found[number] = min(low, before[0]), max(high, before[1])
    return [found[number] for number in sorted(found)]
