"""PlaneStack: pieces out of the caller's array one by one, and restored ones back into it."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import logging
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from napari_deep_prior.core.data.axes import Axes, Index
from napari_deep_prior.core.data.piece import Piece
from napari_deep_prior.core.results import Fingerprint, PlaneReport, RunError, Snapshot


class Unread(RunError):
    """The pixels of a plane could not be read. The planes before it are whole, and the run can be resumed."""


_Value = TypeVar("_Value")


class PlaneStack:
    """The image as a row of planes, and the result that grows from them.

    Parameters
    ----------
    image
        Has a shape and a dtype and can be indexed; only the asked planes are read.
    wanted
        (y, x) shape of the image -> that of the result.
    first
        Number of the plane whose turn is first; the others follow in order, those before it at the end.

    Raises
    ------
    ValueError
        If there is no plane of that number.
    """

    def __init__(
        self,
        image: Any,
        axes: Axes,
        wanted: Callable[[tuple[int, ...]], tuple[int, ...]] = tuple,
        *,
        first: int = 0,
    ) -> None:
        self.image, self._axes = image, axes
        self.shape = axes.with_plane(image.shape, wanted)
        self.indices: list[Index] = axes.planes(image.shape)
        if not 0 <= first < max(1, len(self.indices)):
            raise ValueError(f"first = {first}: needs the number of a plane, from 0 to {len(self.indices) - 1}.")
        self.order = [*range(first, len(self.indices)), *range(first)]
        self._restored: dict[int, NDArray[np.float32]] = {}
        self._uncertainty: dict[int, NDArray[np.float32]] = {}
        self._overrides: dict[int, Snapshot] = {}
        self.invented_in: dict[int, NDArray[np.bool_]] = {}
        self._hash = self._hash_before = hashlib.sha256()
        self._hash_after: dict[int, hashlib._Hash] = {}

    def turn(self, number: int) -> int:
        """How many planes have their turn before this one."""
        return self.order.index(number)

    def look_at(self, number: int) -> NDArray[np.generic]:
        """The plane in the caller's axis order, whatever its turn.

        Raises
        ------
        Unread
            If whatever holds the image, such as a file on another machine, does not give it.
        """
        try:
            return np.asarray(self.image[self.indices[number]])
        except MemoryError:
            raise
        except Exception as error:  # arrays that are read when asked raise anything
            raise Unread(f"Its pixels could not be read ({type(error).__name__}: {error}).") from error

    def read(self, number: int) -> NDArray[np.generic]:
        """The plane in the caller's axis order. Each is read once, in its turn; its bytes go into the fingerprint.

        Raises
        ------
        Unread
            As `look_at`.
        """
        self._hash_before = self._hash.copy()
        plane = self.look_at(number)
        self._hash.update(np.ascontiguousarray(plane).tobytes())
        self._hash_after[number] = self._hash.copy()
        return plane

    def piece(self, number: int) -> Piece:
        """The plane or volume of this number, to be read and written."""
        return Piece(
            number=number,
            index=self.indices[number],
            read=functools.partial(self.read, number),
            write=functools.partial(self.store, number),
        )

    def begin_again_after(self, number: int) -> None:
        """All planes behind this one, which was read, are to be read once more."""
        self._hash = self._hash_before = self._hash_after[number].copy()

    def forget_last(self) -> None:
        """Take the last read plane out of the fingerprint: its fit failed, and the record will not tell of it."""
        self._hash = self._hash_before.copy()

    def store(self, number: int, restored: NDArray[np.float32], uncertainty: NDArray[np.float32]) -> None:
        """Store, or replace, a plane of the result."""
        self._restored[number], self._uncertainty[number] = restored, uncertainty

    def override(self, snapshot: Snapshot) -> None:
        """Keep an earlier snapshot of a plane as its result, whatever is stored there."""
        self._overrides[snapshot.plane] = snapshot

    def drop_override(self, number: int) -> None:
        """What is stored counts again."""
        self._overrides.pop(number, None)

    def with_override(self, report: PlaneReport) -> PlaneReport:
        """The report of a plane; where a snapshot was chosen by hand, with that step."""
        if report.plane not in self._overrides:
            return report
        moment = self._overrides[report.plane]
        step, by_hand = moment.shown_iteration, f"step {moment.shown_iteration} was chosen by hand"
        partner = None if moment.share is None else report.partner
        notes = (*report.notes, by_hand)
        return dataclasses.replace(report, chosen=step, share=moment.share, partner=partner, notes=notes)

    @property
    def restored(self) -> NDArray[np.float32]:
        """The whole image (a new array). Planes that were not reached are as they were, their pixels repeated if need be.

        Those that cannot be read are NaN.
        """
        whole = np.empty(self.shape, np.float32)
        for number, index in enumerate(self.indices):
            if number in self._restored:
                whole[index] = self._restored[number]
            else:
                whole[index] = self._as_it_was(index, whole[index].shape)
        for number, snapshot in self._overrides.items():
            whole[self.indices[number]] = snapshot.image
        return whole

    def _as_it_was(self, index: Index, shape: tuple[int, ...]) -> NDArray[np.generic]:
        try:
            return nearest_pixels(np.asarray(self.image[index]), shape)
        except MemoryError:
            raise
        except Exception as error:  # arrays that are read when asked raise anything
            logging.getLogger(__name__).warning("The plane at %s could not be read.", index, exc_info=error)
            return np.full(shape, np.nan, np.float32)

    @property
    def uncertainty(self) -> NDArray[np.float32]:
        """The same for the standard deviation (a new array); 0 where nothing was done."""
        whole = np.zeros(self.shape, np.float32)
        for number, plane in self._uncertainty.items():
            whole[self.indices[number]] = plane
        for number, snapshot in self._overrides.items():
            whole[self.indices[number]] = snapshot.uncertainty
        return whole

    @property
    def invented(self) -> NDArray[np.bool_]:
        """Where no measurement stands behind the result (a new array); False where nothing was done."""
        whole = np.zeros(self.shape, np.bool_)
        for number, plane in self.invented_in.items():
            channels = 1 if self._axes.channel is None else self.image.shape[self._axes.channel]
            whole[self.indices[number]] = self._axes.from_cyx(np.broadcast_to(plane, (channels, *plane.shape)))
        return whole

    def state_dict(self) -> dict[str, Any]:
        """The result so far, as arrays, numbers and text; and what identifies the planes it came from."""
        return {
            "image": self.fingerprint,
            "restored": _by_text(self._restored),
            "uncertainty": _by_text(self._uncertainty),
            "invented": _by_text(self.invented_in),
            "overrides": {str(number): _without_index(snapshot) for number, snapshot in self._overrides.items()},
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore a result. The planes it came from have been read before.

        Raises
        ------
        ValueError
            If these are not those of the state.
        """
        if self.fingerprint != state["image"]:
            raise ValueError("The image is another one: its shape, type or values differ from those of the state.")
        self._restored, self._uncertainty = _by_number(state["restored"]), _by_number(state["uncertainty"])
        self.invented_in = _by_number(state["invented"])
        chosen = _by_number(state["overrides"])
        self._overrides = {n: Snapshot(**fields, index=self.indices[n]) for n, fields in chosen.items()}

    @property
    def fingerprint(self) -> Fingerprint:
        """Hash of the planes that were read, in the order of their turns, with shape and dtype of the whole."""
        return {"sha256": self._hash.hexdigest(), "shape": list(self.image.shape), "dtype": str(self.image.dtype)}


def nearest_pixels(plane: NDArray[np.generic], shape: tuple[int, ...]) -> NDArray[np.generic]:
    """The nearest pixel for each of a finer grid over the same field."""
    for axis, (size, wanted) in enumerate(zip(plane.shape, shape, strict=True)):
        plane = plane if size == wanted else plane.take(np.arange(wanted) * size // wanted, axis)
    return plane


def _by_text(values: dict[int, _Value]) -> dict[str, _Value]:
    """With keys as JSON has them."""
    return {str(number): value for number, value in values.items()}


def _by_number(values: dict[str, _Value]) -> dict[int, _Value]:
    return {int(number): value for number, value in values.items()}


def _without_index(snapshot: Snapshot) -> dict[str, Any]:
    """Its fields; where it sits in the image is known by its plane."""
    return {f.name: getattr(snapshot, f.name) for f in dataclasses.fields(snapshot) if f.name != "index"}
