"""A result repeated from its record, and compared with the one that is there."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_deep_prior import files
from napari_deep_prior.core.parameters import parameters_of
from napari_deep_prior.core.results import Fingerprint, Record, Result
from napari_deep_prior.core.run.provenance import fingerprint
from napari_deep_prior.core.run.reproduce import replay
from napari_deep_prior.core.run.shared.kept_network import KeptNetwork
from napari_deep_prior.core.tasks import TASKS, AbstractTask
from napari_deep_prior.workflows.find_record import find_record, record_text
from napari_deep_prior.workflows.inputs.companions import companions_of
from napari_deep_prior.workflows.network_file import recorded_network
from napari_deep_prior.workflows.restore_file import Job, Watch

_ROUNDINGS = 8
"""Last digits of float32, of the largest value, within which two results are the same but for the order of sums."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """How far two images are apart, in grey values.

    Attributes
    ----------
    identical
        Whether all bits are the same.
    largest, rms
        Largest and root-mean-square difference; infinite where only one of the two is a number.
    rounding
        The largest difference that rounding alone can make.
    """

    identical: bool
    largest: float
    rms: float
    rounding: float

    @property
    def matters(self) -> bool:
        """Whether it is more than rounding."""
        return self.largest > self.rounding


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Repetition:
    """A result made again.

    Attributes
    ----------
    result
        The new one.
    difference
        From the one that was there.
    compared_with
        That one's file.
    """

    result: Result
    difference: Difference
    compared_with: Path

    def sentences(self) -> Iterator[str]:
        """How it compares, for a terminal."""
        found, then = self.difference, self.result.record
        if found.identical:
            yield f"The same bits as {self.compared_with}."
        else:
            noise = next((plane.noise for plane in then.planes if plane.noise is not None), None)
            share = f", {100 * found.rms / noise.sigma:.2g} % of the noise's standard deviation" if noise else ""
            yield (
                f"Different from {self.compared_with}: by at most {found.largest:.3g} grey values, root mean square "
                f"{found.rms:.3g}{share}."
            )
            if not found.matters:
                yield "That is no more than rounding."
        others = [note for note in then.notes if note.startswith("The recorded run had")]
        yield from others or ["The versions and the processor are those of then."]


def rerun(path: Path, image: Path | None = None, companions: Sequence[Path] = (), watch: Watch = iter) -> Repetition:
    """Repeat a result and compare it with the one that is there.

    Parameters
    ----------
    path
        The result, or the record beside it.
    image
        The image it was made from; None: the one the record names, or one of that name beside the record.
    companions
        Files that went with the image, and that of a kept network, in any order: the record knows them by their content. Those that it
        names, or that lie beside it under that name, are found by themselves.
    watch
        Draws the snapshots from the fit.

    Raises
    ------
    OSError, ValueError
        If the record, the result, the image or a companion is missing or another one.
    RunError
        If the run fails.
    """
    record, saved = find_record(path), _result_beside(path)
    picture, arrays = originals(path, record, image, companions)
    result = replay(picture.array, record, network=network_behind(path, record, companions), watch=watch, **arrays)
    return Repetition(result=result, difference=_difference(files.read(saved), result), compared_with=saved)


def originals(
    path: Path, record: Record, image: Path | None, companions: Sequence[Path]
) -> tuple[files.Picture, dict[str, NDArray[Any]]]:
    """The image that a result was made from and the arrays that went with it. Parameters and errors as for `rerun`."""
    origin = _origin(path)
    source = image or _found(origin.get("source"), path.parent)
    if source is None:
        raise ValueError(
            f"{path} does not say where its image is, or it is not there any more: give the image as well."
        )
    picture = dataclasses.replace(files.read(source), axes=record.axes)
    arrays = _companions(record, picture, [*companions, *_named(origin.get("companion_files"), path.parent)])
    return picture, arrays


def network_behind(path: Path, record: Record, companions: Sequence[Path]) -> KeptNetwork | None:
    """The kept network that drew a result, where one did. Parameters and errors as for `rerun`."""
    named = _found(_origin(path).get("network_file"), path.parent)
    return recorded_network(record, [*companions, *([] if named is None else [named])])


def compare(then: NDArray[Any], now: NDArray[Any]) -> Difference:
    """How far two images of one shape and number type are apart."""
    values = now.astype(np.float64), then.astype(np.float64)
    with np.errstate(invalid="ignore"):
        apart = np.abs(values[0] - values[1])
    apart[(values[0] == values[1]) | (np.isnan(values[0]) & np.isnan(values[1]))] = 0.0
    apart[np.isnan(apart)] = math.inf
    if then.dtype.kind in "ui":
        rounding = 1.0
    else:
        finite = np.abs(values[1][np.isfinite(values[1])])
        rounding = _ROUNDINGS * float(np.finfo(np.float32).eps) * float(finite.max(initial=0.0))
    return Difference(
        identical=not apart.any(),
        largest=float(apart.max(initial=0.0)),
        rms=float(np.sqrt(np.mean(apart**2))) if apart.size else 0.0,
        rounding=rounding,
    )


def _difference(saved: files.Picture, result: Result) -> Difference:
    """Of a saved result, whose file may order its axes otherwise, and the new one."""
    then, axes = saved.array, result.record.axes
    if saved.axes is not None and sorted(saved.axes) == sorted(axes):
        then = then.transpose([saved.axes.index(letter) for letter in axes])
    if then.shape != result.image.shape:
        raise ValueError(
            f"The saved result has shape {then.shape}, the new one {result.image.shape}: it is another image."
        )
    return compare(then, files.to_dtype(result.image, then.dtype))


def _origin(path: Path) -> Mapping[str, Any]:
    """What the record's file says besides the record: where things came from."""
    values: Mapping[str, Any] = json.loads(record_text(path))
    return values


def _result_beside(path: Path) -> Path:
    """The result that a record belongs to."""
    if path.suffix.lower() != ".json":
        return path
    result = path.with_suffix("")
    if not result.exists():
        raise FileNotFoundError(f"{result} does not exist: there is no result to compare with.")
    return result


def _named(found: object, folder: Path) -> list[Path]:
    names = found.values() if isinstance(found, Mapping) else ()
    return [path for name in names if (path := _found(name, folder)) is not None]


def _found(name: object, folder: Path) -> Path | None:
    """The file that a record names, where it is, or beside the record."""
    if not isinstance(name, str) or not name or "\0" in name:
        return None
    for place in (Path(name), folder / Path(name).name):
        if place.exists():
            return place
    return None


def _companions(record: Record, picture: files.Picture, paths: Sequence[Path]) -> dict[str, NDArray[Any]]:
    """The arrays that went with the image, told apart by their fingerprints."""
    task = TASKS.get(str(record.task.get("name")))
    known = {p.name for p in parameters_of(task) if p.layer is not None} if task else set()
    if task is None or not record.companions.keys() <= known:
        return {}  # replay says what is wrong with the record
    return {name: _companion(name, task, wanted, picture, paths) for name, wanted in record.companions.items()}


def _companion(
    name: str, task: type[AbstractTask], wanted: Fingerprint, picture: files.Picture, paths: Sequence[Path]
) -> NDArray[Any]:
    for path in paths:
        with contextlib.suppress(ValueError):  # what cannot be read as this may be another companion
            array: NDArray[Any] = companions_of(
                Job(input=path, output=path, task=task, companions={name: path}), picture
            )[name]
            if fingerprint(np.asarray(array)) == wanted:
                return array
    raise ValueError(f"The recorded {name} is not among the files that were given: add it with --companions.")
