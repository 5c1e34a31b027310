"""Whether a result on disk is what a job would make: the same image, task, files that go with it, settings and numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from napari_deep_prior import files
from napari_deep_prior.core.data.stack import PlaneStack
from napari_deep_prior.core.results import Fingerprint, Record
from napari_deep_prior.core.run.provenance import fingerprint
from napari_deep_prior.workflows.restore_file import Restoration


def read_record(output: Path) -> Record | None:
    """The record beside a result; None where there is none that can be read."""
    try:
        return Record.from_json(files.sidecar(output).read_text(encoding="utf-8"))
    except (OSError, ValueError):  # not there, or another program's
        return None


def is_result_of(restoration: Restoration) -> bool:
    """Whether the job's output is there, whole, and was made in the same way from the same files.

    Other versions of the program, and another machine, make no difference.
    """
    record = read_record(restoration.job.output)
    try:
        saved = files.read(restoration.job.output)
    except (OSError, ValueError):
        return False
    fit = restoration.fit
    return (
        record is not None
        and len(record.planes) == len(fit.planes)
        and saved.array.dtype == restoration.dtype
        and _plain(record.settings) == _plain(fit.settings.as_dict())
        and _plain(record.task) == _plain({"name": fit.task.command(), **fit.task.as_dict()})
        and record.axes == fit.axes.letters
        and record.companions == _companions(restoration)
        and record.network == fit.origin.network
        and record.input == _input(restoration)
    )


def _companions(restoration: Restoration) -> dict[str, Fingerprint]:
    return {name: fingerprint(np.asarray(array)) for name, array in restoration.fit.task.companions().items()}


def _input(restoration: Restoration) -> Fingerprint:
    planes = PlaneStack(restoration.picture.array, restoration.fit.axes)
    for number in range(len(planes.indices)):
        planes.read(number)
    return planes.fingerprint


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    """As they come back from JSON."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}
