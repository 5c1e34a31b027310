"""Where a result came from: its origin, and the record that reproduces it."""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
import json
import platform
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from napari_deep_prior.core.compute.device import Device
from napari_deep_prior.core.data.axes import Axes
from napari_deep_prior.core.data.stack import PlaneStack
from napari_deep_prior.core.results import DeviceUsed, Fingerprint, NetworkUsed, PlaneReport, Record, Result, StopReason
from napari_deep_prior.core.settings import Settings
from napari_deep_prior.core.tasks import AbstractTask


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Origin:
    """What a result comes from, but for the image: `companions` are the fingerprints of the task's arrays, `network` as in `Record`."""

    task: AbstractTask
    settings: Settings
    axes: Axes
    device: Device
    companions: dict[str, Fingerprint]
    network: NetworkUsed | None = None

    @classmethod
    def of(cls, task: AbstractTask, settings: Settings, axes: Axes, device: Device) -> Origin:
        """With the fingerprints taken now, before anybody changes an array."""
        arrays = {name: fingerprint(np.asarray(array)) for name, array in task.companions().items()}
        return cls(task=task, settings=settings, axes=axes, device=device, companions=arrays)

    def as_dict(self) -> dict[str, Any]:
        """Plain values, as a record has them."""
        return {
            "task": {"name": self.task.command(), **self.task.as_dict()},
            "settings": self.settings.as_dict(),
            "axes": self.axes.letters,
            "companions": self.companions,
            "network": self.network,
            "device": DeviceUsed(
                name=self.device.name,
                hardware=self.device.hardware,
                precision=self.device.precision,
                threads=self.device.threads,
            ),
            "versions": versions(),
        }

    def for_same_bits(self) -> dict[str, Any]:
        """What must be the same for the same bits to follow, as plain JSON: not the machine, whose part in them is small."""
        origin = self.as_dict()
        device = {name: origin["device"][name] for name in ("name", "precision")}
        versions = {name: origin["versions"][name] for name in ("napari-deep-prior", "torch")}
        plain: dict[str, Any] = json.loads(json.dumps({**origin, "device": device, "versions": versions}))
        return plain


def make_result(
    stack: PlaneStack, reports: Sequence[PlaneReport], origin: Origin, *, stopped: bool, notes: Sequence[str] = ()
) -> Result:
    """What a run has reached.

    Parameters
    ----------
    stack
        The image and what is restored of it.
    reports
        Of the planes so far.
    stopped
        Whether somebody stopped the run: then that is why planes are left.
    notes
        Sentences for the record.

    Raises
    ------
    ValueError
        If no plane has been fitted.
    """
    reports = [stack.with_override(report) for report in reports]
    fitted = [report for report in reports if report.iterations > 0]
    if not fitted:
        raise ValueError("There is no result yet: iterate over the fit first.")
    cut_short = stopped and len(reports) < len(stack.indices)
    return Result(
        image=stack.restored,
        uncertainty=stack.uncertainty,
        invented=stack.invented,
        reason=StopReason.REQUESTED if cut_short else StopReason[fitted[-1].reason],
        curve=_learnt(fitted).curve,
        record=record_of(origin, stack.fingerprint, tuple(reports), len(stack.indices), notes),
    )


def _learnt(fitted: Sequence[PlaneReport]) -> PlaneReport:
    """The report with the last learning curve: of planes that one network has drawn, that is the plane with which it learnt."""
    last = fitted[-1]
    return next((report for report in fitted if report.curve), last) if last.drawings else last


def record_of(
    origin: Origin, image: Fingerprint, planes: tuple[PlaneReport, ...], count: int, notes: Sequence[str] = ()
) -> Record:
    """The record of a run that restored these of `count` planes of an image; `notes` are sentences for it."""
    return Record(
        **origin.as_dict(),
        input=image,
        planes=planes,
        invented=sum(plane.invented for plane in planes) / count,
        deterministic=origin.device.name == "cpu",
        seconds=round(sum(plane.seconds for plane in planes), 3),
        created=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        notes=(*origin.task.notes(origin.axes.plane_shape(image["shape"])), *notes),
    )


def fingerprint(array: NDArray[Any]) -> Fingerprint:
    """Hash, shape and dtype of an array."""
    digest = hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()
    return {"sha256": digest, "shape": list(array.shape), "dtype": str(array.dtype)}


def versions() -> dict[str, str]:
    """Of this package and of what its results depend on."""
    try:
        own = version("napari-deep-prior")
    except PackageNotFoundError:  # run from a source tree that is not installed
        own = "unknown"
    return {
        "napari-deep-prior": own,
        "torch": torch.__version__,
        "numpy": np.__version__,
        "python": platform.python_version(),
    }


def skipped_report(number: int, why: str) -> PlaneReport:
    """Of a plane that is returned as it is."""
    return PlaneReport(
        plane=number,
        iterations=0,
        chosen=0,
        seconds=0.0,
        invented=0.0,
        reason=StopReason.NOTHING.name,
        method="none",
        notes=(f"returned as it was: {why}",),
        curve=(),
    )
