"""Sink: where restored planes go, one by one: memory, or whatever is written to by index (zarr, HDF5, a memory-mapped file)."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from napari_deep_prior.core.data.axes import Index
from napari_deep_prior.core.plain_values import from_plain
from napari_deep_prior.core.results import PlaneReport


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RestoredPlane:
    """What a plane has become.

    Attributes
    ----------
    number
        Its place in the stack.
    index
        Where it sits in the image: ``full_image[index] = image``.
    image, uncertainty
        float32 in the caller's units and axis order.
    invented
        True where no measurement stands behind the result, in the same order.
    report
        How it went.
    digest
        SHA-256 of the bytes it was made from.
    """

    number: int
    index: Index
    image: NDArray[np.float32]
    uncertainty: NDArray[np.float32]
    invented: NDArray[np.bool_]
    report: PlaneReport
    digest: bytes


class Sink(Protocol):
    """Takes planes that are restored for good, in any order; it need not keep them in memory."""

    def check(self, shape: tuple[int, ...]) -> None:
        """Refuse a result of this shape, if it cannot be taken. Raises TypeError or ValueError, in words."""

    def write(self, plane: RestoredPlane) -> None:
        """Take a plane."""

    @property
    def image(self) -> Any:
        """The result as far as it is written, or None where it is not kept."""

    @property
    def uncertainty(self) -> Any:
        """Its standard deviation; None where it is not kept."""

    @property
    def invented(self) -> Any:
        """Where no measurement stands behind it; None where that is not kept."""


class ArraySink:
    """Writes into arrays of the caller's: what has a shape and takes ``array[index] = plane``.

    Parameters
    ----------
    image
        For the result.
    uncertainty, invented
        For these; None: they are not kept.
    """

    def __init__(self, image: Any, uncertainty: Any = None, invented: Any = None) -> None:
        self.image, self.uncertainty, self.invented = image, uncertainty, invented

    def check(self, shape: tuple[int, ...]) -> None:
        """Refuse arrays of another shape than the result's, and whole numbers, in which it would be cut off.

        Raises
        ------
        TypeError, ValueError
            In words: what was given, and what is needed.
        """
        for name, array in (("out", self.image), ("uncertainty", self.uncertainty), ("invented", self.invented)):
            if array is None:
                continue
            if not hasattr(array, "shape") or not hasattr(array, "dtype") or not hasattr(array, "__setitem__"):
                raise TypeError(f"{name} is a {type(array).__name__}: needs an array that can be written to.")
            if tuple(array.shape) != shape:
                raise ValueError(f"{name} has the shape {tuple(array.shape)}: the result needs {shape}.")
            kind = np.dtype(array.dtype).kind
            if kind != "f" and name != "invented":
                raise TypeError(f"{name} has dtype {array.dtype}: the result is float32.")

    def write(self, plane: RestoredPlane) -> None:
        """Write a plane into its place."""
        self.image[plane.index] = plane.image
        if self.uncertainty is not None:
            self.uncertainty[plane.index] = plane.uncertainty
        if self.invented is not None:
            self.invented[plane.index] = plane.invented


class MemorySink:
    """Keeps planes in memory, until the whole is asked for.

    Parameters
    ----------
    shape
        Of the result.
    indices
        Of its planes.
    as_it_was
        Number of a plane that was not restored -> its pixels on the grid of the result.
    """

    def __init__(
        self, shape: tuple[int, ...], indices: Sequence[Index], as_it_was: Callable[[int], NDArray[np.generic]]
    ) -> None:
        self._shape, self._indices, self._as_it_was = shape, indices, as_it_was
        self._planes: dict[int, RestoredPlane] = {}

    def check(self, shape: tuple[int, ...]) -> None:
        """Any will do."""

    def write(self, plane: RestoredPlane) -> None:
        """Keep, or replace, a plane."""
        self._planes[plane.number] = plane

    @property
    def image(self) -> NDArray[np.float32]:
        """The whole image (a new array); planes that were not reached are as they were."""
        whole = np.empty(self._shape, np.float32)
        for number, index in enumerate(self._indices):
            kept = self._planes.get(number)
            whole[index] = self._as_it_was(number) if kept is None else kept.image
        return whole

    @property
    def uncertainty(self) -> NDArray[np.float32]:
        """The same for the standard deviation (a new array); 0 where nothing was done."""
        whole = np.zeros(self._shape, np.float32)
        for plane in self._planes.values():
            whole[plane.index] = plane.uncertainty
        return whole

    @property
    def invented(self) -> NDArray[np.bool_]:
        """Where no measurement stands behind the result (a new array); False where nothing was done."""
        whole = np.zeros(self._shape, np.bool_)
        for plane in self._planes.values():
            whole[plane.index] = plane.invented
        return whole

    def state_dict(self) -> dict[str, Any]:
        """The planes by their numbers, as arrays, numbers and text."""
        return {
            str(number): {
                "image": plane.image,
                "uncertainty": plane.uncertainty,
                "invented": plane.invented,
                "report": dataclasses.asdict(plane.report),
                "digest": plane.digest.hex(),
            }
            for number, plane in self._planes.items()
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Keep the planes of a state in place of its own."""
        self._planes = {
            int(number): RestoredPlane(
                number=int(number),
                index=self._indices[int(number)],
                image=plane["image"],
                uncertainty=plane["uncertainty"],
                invented=plane["invented"],
                report=from_plain(PlaneReport, plane["report"]),
                digest=bytes.fromhex(plane["digest"]),
            )
            for number, plane in state.items()
        }
