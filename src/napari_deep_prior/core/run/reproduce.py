"""Replay(): run a record again."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from napari_deep_prior.core.data.axes import Axes
from napari_deep_prior.core.data.stack import PlaneStack
from napari_deep_prior.core.parameters import shown
from napari_deep_prior.core.results import PlaneReport, PlannedSteps, Record, Result, Snapshot
from napari_deep_prior.core.run.arguments import as_image
from napari_deep_prior.core.run.fit import Fit
from napari_deep_prior.core.run.provenance import fingerprint
from napari_deep_prior.core.run.shared.kept_network import KeptNetwork
from napari_deep_prior.core.settings import Settings
from napari_deep_prior.core.tasks import AbstractTask, task_from_dict


def replay(
    image: Any,
    record: Record,
    *,
    network: KeptNetwork | None = None,
    watch: Callable[[Fit], Iterable[Snapshot]] = iter,
    **companions: Any,
) -> Result:
    """Repeat a recorded run on the same image: the same bits on the same processor with the same versions.

    The steps that were taken are taken again and the same one is kept, whatever ended the run then. Planes of a
    stack that were not reached are not reached again.

    Parameters
    ----------
    image
        The array that was restored.
    record
        Its `Result.record`, or `Record.from_json` of the file beside it.
    network
        The kept network that drew it, where one did.
    watch
        Draws the snapshots from the fit, to show them; `iter` shows nothing.
    **companions
        The arrays the task had, by name, e.g. ``mask=``.

    Returns
    -------
    Result
        `Result.record.notes` say what is other now than it was then: versions, processor.

    Raises
    ------
    ValueError
        If the image, a companion or the network is not the recorded one, or the record is of no possible run.
    """
    _check_same_network(network, record)
    task, settings, steps = _recorded(record, companions)
    image = as_image(image)
    _check_same(image, record, settings.cut(Axes(record.axes)))
    threads = record.device["threads"]  # sums depend on how they are split
    first = record.planes[0].plane
    fit = Fit(image, task, settings, axes=record.axes, first=first, replay=steps, threads=threads).drawn_by(network)
    for _ in watch(fit):
        pass
    result = fit.result
    notes = (*result.record.notes, *_differences(record, result.record))
    return dataclasses.replace(result, record=dataclasses.replace(result.record, notes=notes))


def _recorded(record: Record, companions: dict[str, Any]) -> tuple[AbstractTask, Settings, list[PlannedSteps]]:
    """Task, settings and steps of a record, whose values may be damaged or of another version."""
    given = {name: array for name, array in companions.items() if array is not None}
    if missing := record.companions.keys() - given.keys():
        raise ValueError(f"The record's task {shown(record.task.get('name'))} needs {', '.join(sorted(missing))}.")
    for name, array in given.items():
        if name not in record.companions:
            raise ValueError(f"The recorded run had no {name}: leave it out.")
        if fingerprint(np.asarray(array)) != record.companions[name]:
            raise ValueError(f"The {name} is not the recorded one: it has another shape, type or other values.")
    settings = {**record.settings, "precision": record.device["precision"], "device": record.device["name"]}
    return task_from_dict(record.task, **given), Settings.from_dict(settings), list(map(_steps, record.planes))


def _steps(plane: PlaneReport) -> PlannedSteps:
    scheduled = plane.scheduled_steps
    wrong_share = not all(0 <= share <= 1 for share in plane.shares) or not all(map(math.isfinite, plane.bands))
    wrong_steps = not 0 <= plane.chosen <= plane.iterations or min(plane.distilled, plane.adapted) < 0
    if wrong_steps or (scheduled is not None and scheduled < 1) or wrong_share:
        raise ValueError(
            f"The record is damaged: step {plane.chosen} of {plane.iterations} was kept, {scheduled} were scheduled."
        )
    return PlannedSteps(
        iterations=plane.iterations,
        chosen=plane.chosen,
        scheduled_steps=scheduled,
        shares=plane.shares,
        bands=plane.bands,
        error=plane.error,
        drawings=plane.drawings,
        distilled=plane.distilled,
        adapted=plane.adapted,
    )


def _differences(then: Record, now: Record) -> Iterator[str]:
    """What may have changed the bits, in sentences."""
    places = {**then.versions, "processor or card": then.device["hardware"]}
    for name, value in {**now.versions, "processor or card": now.device["hardware"]}.items():
        if places.get(name) != value:
            yield f"The recorded run had {name} {places.get(name, 'unknown')}, this one {value}: the bits may differ."


def _check_same_network(network: KeptNetwork | None, record: Record) -> None:
    """Refuse another network than the recorded one, and none where there was one."""
    wanted, given = record.network, None if network is None else network.sha256
    if wanted is None:
        if given is not None:
            raise ValueError("The network of the recorded run learnt in it: leave the network out.")
        return
    name = f"the network {wanted['sha256']}, which learnt from {wanted['learnt_on'] or 'an unnamed image'}"
    if given is None:
        raise ValueError(f"The result was drawn by {name}: give it as network=, by read_network(...).")
    if given != wanted["sha256"]:
        raise ValueError(f"The result was drawn by {name}, and the network given is {given}: needs the same.")


def _check_same(image: Any, record: Record, axes: Axes) -> None:
    """Refuse another image than the recorded one, by its shape and type and the planes that were restored."""
    shape = list(image.shape)
    if shape != record.input["shape"] or len(shape) != len(record.axes):
        raise ValueError(
            f"The image has shape {shape}, the recorded one {record.input['shape']} with axes {record.axes}: "
            "needs the same image."
        )
    numbers, count = [plane.plane for plane in record.planes], axes.count(shape)
    if not 1 <= len(numbers) <= count:
        raise ValueError(f"The record tells of {len(numbers)} planes, the image has {count}.")
    planes = PlaneStack(image, axes, first=numbers[0] % count)
    if numbers != list(planes.order[: len(numbers)]):
        raise ValueError(f"The record is damaged: it tells of its planes in the order {shown(numbers)}.")
    for number in numbers:
        planes.read(number)
    if planes.fingerprint != record.input:
        raise ValueError("The image is not the recorded one: it has the same shape but other values.")
