"""What a run tells the world: Snapshot while it runs, Result and Record when it ends, RunError when it fails."""

from __future__ import annotations

import dataclasses
import enum
import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypedDict

import numpy as np
from numpy.typing import NDArray

from napari_deep_prior.core.found import ErrorFound, NoiseFound
from napari_deep_prior.core.parameters import shown
from napari_deep_prior.core.plain_values import from_plain


class RunError(Exception):
    """A run that could not go on. Never a RuntimeError: napari's worker swallows those without a word."""


class OutOfMemory(RunError):
    """The device has not enough memory for this image and network."""


class Diverged(RunError):
    """The fit became infinite or not-a-number before there was anything to keep."""


class StopReason(enum.Enum):
    """Why a fit ended; the value is the sentence the user reads."""

    ITERATIONS = "the given number of iterations was reached"
    SECONDS = "the time budget was used up"
    HELD_OUT = "pixels kept out of the fit began to get worse: from there on the network draws noise"
    PLATEAU = "pixels kept out of the fit stopped getting better"
    VARIANCE = "the picture began to change more from step to step: from there on the network draws noise"
    COMPUTED = "it was computed in one step, with nothing to fit"
    DRAWN = "it was drawn by a network that had learnt before, with nothing to fit"
    REQUESTED = "you stopped it"
    DIVERGED = "the fit became unstable; the best result before that was kept"
    NOTHING = "there was nothing to restore in it"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Snapshot:
    """One moment of a running fit.

    Attributes
    ----------
    plane, planes, turn
        Which plane of the stack (from 0), how many there are, and how many had their turn before it; 0, 1 and 0 for a single image.
    index
        Where the plane sits: ``full_image[index] = image``.
    iteration, iterations_left, seconds
        Steps taken on this plane, still to go (None when unknown), and solver time, without the listener's.
    loss, held_out
        Misfit on the fitted and on the held-out pixels, in units of the scaled image; held_out is None without hold-out.
    image, uncertainty
        The plane so far and its standard deviation, float32 in the caller's units and axis order; None where nothing is new.
    shown, kept
        The step whose result `image` is, the newest while the fit runs; and the one that would be kept if it ended now.
    stage
        "fitting"; "learning": by a network that will draw all planes; "distilling": another learns its mixture; "drawing": one draws.
    noise, shares, bands
        The misfit that noise alone makes; see `PlaneReport`, of `image`.
    """

    plane: int
    planes: int
    index: tuple[int | slice, ...]
    iteration: int
    iterations_left: int | None
    seconds: float
    loss: float
    held_out: float | None
    image: NDArray[np.float32] | None
    uncertainty: NDArray[np.float32] | None = None
    shown: int | None = None
    kept: int | None = None
    noise: float | None = None
    stage: Literal["fitting", "learning", "distilling", "drawing"] = "fitting"
    shares: tuple[float, ...] = ()
    bands: tuple[float, ...] = ()
    turn: int = 0

    @property
    def shown_iteration(self) -> int:
        """The step whose result the image is."""
        return self.iteration if self.shown is None else self.shown


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class CurvePoint:
    """One point of the learning curve."""

    iteration: int
    seconds: float
    loss: float
    held_out: float | None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PlaneReport:
    """How the fit of one plane went.

    `iterations` steps were run, `chosen` is the one kept; `invented`: share of the pixels with no measurement behind them; `reason`: name
    of a `StopReason`. Over `scheduled_steps` the learning rate falls; None: it does not. `noise`, `error`: None where none was found.
    `drawings` by a network that several planes share; 0: it had its own fit. `shares` of the fit in its mixture with `partner`, a method
    without a network: one for each strength of the noise, from the least on; `bands`: coefficients of its detail. `featureless`: channels,
    from 0, with nothing but noise. In `distilled` steps another network learnt to draw it, in `adapted` its own learnt; 0: none.
    """

    plane: int
    iterations: int
    chosen: int
    seconds: float
    invented: float
    reason: str
    method: str
    notes: tuple[str, ...]
    curve: tuple[CurvePoint, ...]
    scheduled_steps: int | None = None
    noise: NoiseFound | None = None
    drawings: int = 0
    shares: tuple[float, ...] = ()
    bands: tuple[float, ...] = ()
    partner: str | None = None
    error: ErrorFound | None = None
    distilled: int = 0
    adapted: int = 0
    featureless: tuple[int, ...] = ()


def largest_error(planes: Sequence[PlaneReport]) -> ErrorFound | None:
    """That of the plane where it is largest; None where none was estimated."""
    return max(filter(None, (plane.error for plane in planes)), key=lambda error: error.value, default=None)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PlannedSteps:
    """The steps of one plane as a record tells them, in the words of `PlaneReport`; `drawings` None: all."""

    iterations: int
    chosen: int
    scheduled_steps: int | None = None
    shares: tuple[float, ...] = ()
    bands: tuple[float, ...] = ()
    error: ErrorFound | None = None
    drawings: int | None = None
    distilled: int = 0
    adapted: int = 0


SCHEMA = 4
"""Version of what a record holds. It is raised whenever a key gets another name or another meaning."""


def check_schema(values: object) -> None:
    """Refuse what is no record, or one whose keys this version would misunderstand.

    Raises
    ------
    ValueError
        In words: what was found and what is needed.
    """
    if not isinstance(values, Mapping) or not {"task", "settings", "planes"} <= values.keys():
        raise ValueError("This is no record of napari-deep-prior: needs the JSON that was saved with a result.")
    schema, versions = values.get("schema"), values.get("versions")
    if schema == SCHEMA:
        return
    version = versions.get("napari-deep-prior", "unknown") if isinstance(versions, Mapping) else "unknown"
    raise ValueError(
        f"The record has {'no schema number' if schema is None else f'schema {schema!r}'} and was made by napari-deep-prior {version}: "
        f"this version needs schema {SCHEMA}. Read it with the version that made it, or restore the image again."
    )


class Fingerprint(TypedDict):
    """What identifies an array: hash of its bytes, shape and dtype."""

    sha256: str
    shape: list[int]
    dtype: str


class NetworkUsed(TypedDict):
    """A kept network: hash of all that it holds, and the name of what it learnt on."""

    sha256: str
    learnt_on: str


class DeviceUsed(TypedDict):
    """Where a run computed; see `core.compute.device.Device`."""

    name: str
    hardware: str
    precision: str
    threads: int


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Everything that is needed to run it again: plain values, one JSON file.

    ``replay`` gives the same bits on the same processor with the same versions and number of threads. On CUDA some backward passes add in
    random order (PyTorch issues 98925, 136241); `deterministic` says which this run was. `notes` are sentences: what a user should know
    of inputs and `network`, the kept one that drew it, and what was other when it was repeated.
    """

    schema: int = SCHEMA
    task: dict[str, Any]
    settings: dict[str, Any]
    axes: str
    input: Fingerprint
    companions: dict[str, Fingerprint]
    planes: tuple[PlaneReport, ...]
    invented: float
    device: DeviceUsed
    versions: dict[str, str]
    deterministic: bool
    seconds: float
    created: str
    notes: tuple[str, ...] = ()
    network: NetworkUsed | None = None

    def as_dict(self) -> dict[str, Any]:
        """Nested plain dictionary."""
        return dataclasses.asdict(self)

    def to_json(self) -> str:
        """Indented JSON text."""
        return json.dumps(self.as_dict(), indent=1)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Record:
        """The inverse of `as_dict`, also after a round trip through JSON; what else is there, as the window adds, is passed over.

        Raises
        ------
        ValueError
            If it is no record, of another schema (see `check_schema`), lacks something, or holds values of a wrong type.
        """
        check_schema(values)
        try:
            return _consistent(from_plain(cls, values))
        except ValueError as error:
            raise ValueError(f"The record is damaged: {error}") from None

    @classmethod
    def from_json(cls, text: str) -> Record:
        """The inverse of `to_json`.

        Raises
        ------
        ValueError
            As `from_dict`, or if the text is no JSON.
        """
        try:
            values = json.loads(text)
        except RecursionError:
            raise ValueError("The record is damaged: it is nested too deeply.") from None
        return cls.from_dict(values)


def _consistent(record: Record) -> Record:
    """The record, unless what it says contradicts itself."""
    if unknown := [plane.reason for plane in record.planes if plane.reason not in StopReason.__members__]:
        raise ValueError(f"the reason {shown(unknown[0])} is unknown.")
    if len(record.axes) != len(shape := record.input["shape"]) or min(shape, default=0) < 1:
        raise ValueError(f"there is no image of shape {shape} with axes {record.axes}.")
    return record


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Result:
    """What a fit found.

    Attributes
    ----------
    image
        Same shape and axis order as the input, float32, in the input's units.
    uncertainty
        Standard deviation of the network's late output per pixel, same shape and units; no confidence interval.
    invented
        True where no measurement stands behind the result: in holes and where pixels were kept out of the fit; same shape.
    reason, curve
        Why the (last) fit ended, and the learning curve of the last plane, or of the network that has drawn all planes.
    record
        What reproduces the run.
    """

    image: NDArray[np.float32]
    uncertainty: NDArray[np.float32]
    invented: NDArray[np.bool_]
    reason: StopReason
    curve: tuple[CurvePoint, ...]
    record: Record
