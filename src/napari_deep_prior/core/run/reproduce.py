"""Replay(): run a record again."""

from __future__ import annotations

from typing import Any

import numpy as np

from napari_deep_prior.core.data.stack import PlaneStack
from napari_deep_prior.core.results import Record, Replay, Result
from napari_deep_prior.core.run.fit import Fit
from napari_deep_prior.core.run.provenance import axes_of
from napari_deep_prior.core.settings import Settings
from napari_deep_prior.core.tasks import task_from_dict


def replay(image: Any, record: Record, **companions: Any) -> Result:
    """Repeat a recorded run on the same image: the same bits on the same processor with the same versions.

    The steps that were taken are taken again and the same one is kept, whatever ended the run then. Planes of a
    stack that were not reached are not reached again.

    Parameters
    ----------
    image
        The array that was restored.
    record
        Its `Result.record`, or `Record.from_json` of the file beside it.
    **companions
        The arrays the task had, by name, e.g. ``mask=``.

    Raises
    ------
    ValueError
        If the image is not the recorded one, or a companion is missing.
    """
    missing = record.companions.keys() - companions.keys()
    if missing:
        raise ValueError(f"The record's task {record.task['name']!r} needs {', '.join(sorted(missing))}.")
    settings = {**record.settings, "precision": record.device["precision"], "device": record.device["name"]}
    steps = [Replay(iterations=plane.iterations, chosen=plane.chosen, planned=plane.planned) for plane in record.planes]
    _check_same(image, record)
    fit = Fit(
        image,
        task_from_dict(record.task, **companions),
        Settings(**settings),
        axes=record.axes,
        replay=steps,
        threads=record.device["threads"],  # sums depend on how they are split
    )
    for _ in fit:
        pass
    return fit.result


def _check_same(image: Any, record: Record) -> None:
    """Refuse another image than the recorded one, by its shape and the planes that were restored."""
    shape = list(np.shape(image))
    if shape != record.input["shape"]:
        raise ValueError(
            f"The image has shape {shape}, the recorded one {record.input['shape']}: needs the same image."
        )
    planes = PlaneStack(image, axes_of(record))
    for number in range(len(record.planes)):
        planes.read(number)
    if planes.fingerprint["sha256"] != record.input["sha256"]:
        raise ValueError("The image is not the recorded one: it has the same shape but other values.")
