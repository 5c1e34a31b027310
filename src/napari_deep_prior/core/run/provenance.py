"""Where a result came from: the record that reproduces it."""

from __future__ import annotations

import datetime
import hashlib
import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from napari_deep_prior.core.compute.device import Device
from napari_deep_prior.core.data.axes import Axes
from napari_deep_prior.core.results import Fingerprint, PlaneReport, Record, StopReason
from napari_deep_prior.core.settings import Settings
from napari_deep_prior.core.tasks import AbstractTask


def make_record(
    *,
    task: AbstractTask,
    settings: Settings,
    axes: Axes,
    device: Device,
    image: Fingerprint,
    companions: dict[str, Fingerprint],
    planes: tuple[PlaneReport, ...],
    invented: float,
) -> Record:
    """The record of a run; `image` and `companions` are fingerprints, `invented` the share of pixels nothing was measured at."""
    return Record(
        task={"name": task.command(), **task.as_dict()},
        settings=settings.as_dict(),
        axes=axes.letters,
        input=image,
        companions=companions,
        planes=planes,
        invented=invented,
        device={
            "name": device.name,
            "hardware": device.hardware,
            "precision": device.precision,
            "threads": device.threads,
        },
        versions=versions(),
        deterministic=device.name == "cpu",
        seconds=round(sum(plane.seconds for plane in planes), 3),
        created=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        notes=task.notes(axes.plane_shape(image["shape"])),
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
