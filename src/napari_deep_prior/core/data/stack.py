"""PlaneStack: pieces out of the caller's array one by one, and restored ones on to where they go."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_deep_prior.core.data.axes import Axes
from napari_deep_prior.core.data.piece import Piece
from napari_deep_prior.core.data.sink import MemorySink, RestoredPlane, Sink
from napari_deep_prior.core.results import Fingerprint, PlaneReport, RunError, Snapshot

_LATELY = 2**27
"""Bytes of planes that were read last and are kept: each is read once more as a neighbour of others."""


class Unread(RunError):
    """The pixels of a plane could not be read. The planes before it are whole, and the run can be resumed."""


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

    Attributes
    ----------
    order
        Numbers of the planes in their turn.
    digests
        SHA-256 of the bytes of each plane that was read in its turn.

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
        self.indices = axes.planes(image.shape)
        count = len(self.indices)
        if not 0 <= first < max(1, count):
            raise ValueError(f"first = {first}: needs the number of a plane, from 0 to {count - 1}.")
        self.order: Sequence[int] = [*range(first, count), *range(first)] if first else range(count)
        self._sink: Sink = MemorySink(self.shape, self.indices, self.as_it_was)
        self._overrides: dict[int, Snapshot] = {}
        self._lately: dict[int, NDArray[np.generic]] = {}
        self.digests: dict[int, bytes] = {}

    def hand_on_to(self, sink: Sink) -> None:
        """Hand planes on as they are restored for good; unless asked for, they are kept in memory, from which the whole is made.

        Raises
        ------
        TypeError, ValueError
            If the sink cannot take the result.
        """
        sink.check(self.shape)
        self._sink = sink

    def turn(self, number: int) -> int:
        """How many planes have their turn before this one; 0 for one that has none."""
        return self.order.index(number) if number in self.order else 0

    @property
    def in_memory(self) -> bool:
        """Whether the result stays in memory, where planes can be replaced."""
        return isinstance(self._sink, MemorySink)

    def look_at(self, number: int) -> NDArray[np.generic]:
        """The plane in the caller's axis order, whatever its turn.

        Raises
        ------
        Unread
            If whatever holds the image, such as a file on another machine, does not give it.
        """
        if (kept := self._lately.get(number)) is not None:
            return kept
        try:
            plane = np.asarray(self.image[self.indices[number]])
        except MemoryError:
            raise
        except Exception as error:  # arrays that are read when asked raise anything
            raise Unread(f"Its pixels could not be read ({type(error).__name__}: {error}).") from error
        if not isinstance(self.image, np.ndarray):
            self._lately[number] = plane
            while len(self._lately) * plane.nbytes > _LATELY:
                self._lately.pop(next(iter(self._lately)))
        return plane

    def read(self, number: int) -> NDArray[np.generic]:
        """The plane in the caller's axis order, read in its turn: its bytes go into the fingerprint.

        Raises
        ------
        Unread
            As `look_at`.
        """
        plane = self.look_at(number)
        self.digests[number] = hashlib.sha256(np.ascontiguousarray(plane).tobytes()).digest()
        return plane

    def piece(self, number: int) -> Piece:
        """The plane or volume of this number, to be read."""
        return Piece(number=number, index=self.indices[number], read=functools.partial(self.read, number))

    def forget(self, number: int | None) -> None:
        """Take a plane out of the fingerprint: its fit failed, and the record will not tell of it; None: there is none."""
        if number is not None:
            self.digests.pop(number, None)

    def begin_again_after(self, number: int) -> None:
        """All planes whose turn is after this one, which was read, are to be read once more."""
        before = self.order[: self.turn(number) + 1]
        self.digests = {read: digest for read, digest in self.digests.items() if read in before}

    def store(
        self,
        restored: NDArray[np.float32],
        uncertainty: NDArray[np.float32],
        invented: NDArray[np.bool_],
        report: PlaneReport,
    ) -> None:
        """Hand on the plane of a report, in the caller's axis order; `invented` is ([z,] y, x)."""
        channels = 1 if self._axes.channel is None else self.image.shape[self._axes.channel]
        plane = RestoredPlane(
            number=report.plane,
            index=self.indices[report.plane],
            image=restored,
            uncertainty=uncertainty,
            invented=self._axes.in_all_channels(invented, channels),
            report=report,
            digest=self.digests.get(report.plane, b""),
        )
        self._sink.write(plane)

    def pass_over(self, report: PlaneReport) -> None:
        """Hand on a plane as it was; what is kept in memory is filled up when it is asked for."""
        if not self.in_memory:
            pixels = self.as_it_was(report.plane).astype(np.float32)
            nothing = np.zeros(self._axes.plane_shape(self.shape), np.bool_)
            self.store(pixels, np.zeros_like(pixels), nothing, report)

    def override(self, snapshot: Snapshot) -> None:
        """Keep an earlier snapshot of a plane as its result, whatever is stored there.

        Raises
        ------
        ValueError
            If planes do not stay in memory, or one network draws them all.
        """
        if snapshot.stage != "fitting":  # the steps of its record would give other planes another network
            raise ValueError(
                "One network draws the image: none of its moments can be kept by itself, only gone on from."
            )
        if not self.in_memory:
            raise ValueError(
                "A plane that was handed on is not replaced: choose snapshots of a run that stays in memory."
            )
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
        partner, error = (report.partner, report.error) if moment.shares else (None, None)
        featureless = report.featureless if moment.shares else ()
        return dataclasses.replace(
            report,
            chosen=step,
            shares=moment.shares,
            bands=moment.bands,
            partner=partner,
            error=error,
            featureless=featureless,
            notes=(*report.notes, by_hand),
        )

    @property
    def restored(self) -> Any:
        """The result so far: in memory the whole image (a new array), with planes that were not reached as they were."""
        whole = self._sink.image
        for number, snapshot in self._overrides.items():
            whole[self.indices[number]] = snapshot.image
        return whole

    @property
    def uncertainty(self) -> Any:
        """The same for the standard deviation; 0 where nothing was done."""
        whole = self._sink.uncertainty
        for number, snapshot in self._overrides.items():
            whole[self.indices[number]] = snapshot.uncertainty
        return whole

    @property
    def invented(self) -> Any:
        """Where no measurement stands behind the result; False where nothing was done."""
        return self._sink.invented

    def as_it_was(self, number: int) -> NDArray[np.generic]:
        """A plane on the grid of the result, its pixels repeated if need be; NaN where it cannot be read."""
        index = self.indices[number]
        shape = tuple(size for size, at in zip(self.shape, index, strict=True) if isinstance(at, slice))
        try:
            return nearest_pixels(np.asarray(self.image[index]), shape)
        except MemoryError:
            raise
        except Exception as error:  # arrays that are read when asked raise anything
            logging.getLogger(__name__).warning("The plane at %s could not be read.", index, exc_info=error)
            return np.full(shape, np.nan, np.float32)

    def state_dict(self) -> dict[str, Any]:
        """The result so far, as arrays, numbers and text; and what identifies the planes it came from."""
        assert isinstance(self._sink, MemorySink)
        return {
            "image": self.fingerprint,
            "planes": self._sink.state_dict(),
            "overrides": {str(number): _without_index(snapshot) for number, snapshot in self._overrides.items()},
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore a result. The planes it came from have been read before.

        Raises
        ------
        ValueError
            If these are not those of the state.
        """
        assert isinstance(self._sink, MemorySink)
        if self.fingerprint != state["image"]:
            raise ValueError("The image is another one: its shape, type or values differ from those of the state.")
        self._sink.load_state_dict(state["planes"])
        self._overrides = {}
        for number, fields in state["overrides"].items():
            told: dict[str, Any] = {
                name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()
            }
            self._overrides[int(number)] = Snapshot(**told, index=self.indices[int(number)])

    @property
    def fingerprint(self) -> Fingerprint:
        """Of the planes that were read, with shape and dtype of the whole."""
        return fingerprint_of(self.digests, self.image.shape, self.image.dtype)


def fingerprint_of(digests: Mapping[int, bytes], shape: tuple[int, ...], dtype: np.dtype[Any]) -> Fingerprint:
    """Identifies planes by their hashes, in whatever order they were read: that of a single one, or the hash of all in their order.

    Parameters
    ----------
    digests
        Number of a plane -> SHA-256 of its bytes.
    shape, dtype
        Of the whole image.
    """
    ordered = [digests[number] for number in sorted(digests)]
    whole = ordered[0].hex() if len(ordered) == 1 else hashlib.sha256(b"".join(ordered)).hexdigest()
    return {"sha256": whole, "shape": list(shape), "dtype": str(dtype)}


def nearest_pixels(plane: NDArray[np.generic], shape: tuple[int, ...]) -> NDArray[np.generic]:
    """The nearest pixel for each of a finer grid over the same field."""
    for axis, (size, wanted) in enumerate(zip(plane.shape, shape, strict=True)):
        plane = plane if size == wanted else plane.take(np.arange(wanted) * size // wanted, axis)
    return plane


def _without_index(snapshot: Snapshot) -> dict[str, Any]:
    """Its fields; where it sits in the image is known by its plane."""
    return {f.name: getattr(snapshot, f.name) for f in dataclasses.fields(snapshot) if f.name != "index"}
