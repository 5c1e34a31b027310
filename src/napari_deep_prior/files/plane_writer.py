"""PlaneWriter: an image that is written plane by plane, by one process or by several."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from numpy.typing import NDArray

from napari_deep_prior.files.lazy_array import Index

Range = tuple[float, float]
"""Smallest and largest value."""

LARGEST_RECORD = 2**20
"""Bytes of a record that an image carries inside; a longer one, of thousands of planes, lies beside it only."""


class PlaneWriter(Protocol):
    """An image whose shape, type and axes are known before its pixels are."""

    def create(self) -> None:
        """Make the image, without its pixels."""

    def write(self, index: Index, plane: NDArray[Any]) -> None:
        """Write a plane into its place and onto the disk. Processes may write other planes at the same time.

        Raises
        ------
        OSError
            If it cannot be written, as where the disk is full.
        """

    def finish(self, record: str | None, ranges: Sequence[Range]) -> None:
        """Add what is known at the end; it may be done twice.

        Parameters
        ----------
        record
            JSON text.
        ranges
            Of the numbers of each channel.
        """
