"""Controls of a result: its recipe on pure noise, and on half of its data."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from napari_deep_prior import files
from napari_deep_prior.core.data.axes import Axes
from napari_deep_prior.core.diagnostics.recipe import Recipe, repeated
from napari_deep_prior.core.results import Record
from napari_deep_prior.core.settings import Settings
from napari_deep_prior.core.tasks import TASKS, AbstractTask, task_from_dict
from napari_deep_prior.workflows.find_record import find_record
from napari_deep_prior.workflows.network_file import network_of
from napari_deep_prior.workflows.rerun import network_behind, originals


def recipe_of(path: Path, image: Path | None = None, companions: Sequence[Path] = (), plane: int = 0) -> Recipe:
    """How a plane of a result was restored, or how an image would be by default.

    Parameters
    ----------
    path
        A result or its record; or an image that was not restored yet: then it is denoised as by default.
    image, companions
        What a result was made from, where its record does not say it, or it lies elsewhere now; see `rerun`.
    plane
        Of a stack, from 0.

    Raises
    ------
    OSError, ValueError
        If something is missing, or no noise can be measured.
    """
    record = _record(path)
    if record is None:
        picture, settings, task = files.read(path), Settings(), next(iter(TASKS.values()))()
        return Recipe.of_plane(picture.array, task, settings, Axes(picture.letters), plane)
    picture, arrays = originals(path, record, image, companions)
    settings = _settings(record)
    axes = settings.cut(Axes(record.axes))
    recipe = Recipe.of_plane(picture.array, task_from_dict(record.task, **arrays), settings, axes, plane)
    return dataclasses.replace(recipe, network=network_behind(path, record, companions))


def recipe_in_hand(image: Any, task: AbstractTask, axes: Axes, record: Record, plane: int = 0) -> Recipe:
    """How a plane of a result was restored whose image and task, with its companions, are at hand.

    Raises
    ------
    OSError, ValueError
        If the network that drew it is missing, or no noise can be measured.
    """
    settings = _settings(record)
    recipe = Recipe.of_plane(image, task, settings, axes, plane)
    return dataclasses.replace(recipe, network=network_of(settings))


def _settings(record: Record) -> Settings:
    own = {**record.settings, "precision": record.device["precision"], "device": record.device["name"]}
    return repeated(Settings.from_dict(own), record)


def _record(path: Path) -> Record | None:
    """None for an image without one; what is damaged is refused."""
    holds_one = path.suffix.lower() == ".json" or files.sidecar(path).is_file() or files.read_record(path) is not None
    return find_record(path) if holds_one else None
