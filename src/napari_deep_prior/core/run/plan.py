"""Plan: noise, method and numbers of a fit, decided once for all planes of a stack."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

from napari_deep_prior.core.data.masks import Masks
from napari_deep_prior.core.methods import Config, Evidence, Method
from napari_deep_prior.core.methods.choice import choose
from napari_deep_prior.core.noise import estimate
from napari_deep_prior.core.noise.estimate import NoiseEstimate
from napari_deep_prior.core.settings import Settings
from napari_deep_prior.core.stopping import Criterion
from napari_deep_prior.core.tasks import AbstractTask


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How all planes of a stack are fitted: neighbours must not be treated differently.

    Attributes
    ----------
    noise
        Of the first plane.
    method, config, criterion
        How a network is fitted, with which numbers, and what it is judged by.
    notes
        What was decided and why, in words for the record.
    """

    noise: NoiseEstimate
    method: Method
    config: Config
    criterion: Criterion
    notes: tuple[str, ...]


def plan_for(task: AbstractTask, settings: Settings, pixels: NDArray[np.generic], masks: Masks) -> Plan:
    """Look at the first plane, (c, [z,] y, x) in the caller's units.

    Raises
    ------
    ValueError
        If the method that the settings ask for cannot be had.
    """
    noise = task.adjust_noise(estimate.measure(pixels, masks.known & masks.noisy), pixels, masks)
    evidence = Evidence(
        noise=noise,
        preset=settings.preset,
        volume=settings.volume,
        holes=masks.holes,
        pixels=pixels[0].size,
        repeatable=task.repeatable(pixels),
    )
    return plan_from(task, settings, evidence)


def plan_from(task: AbstractTask, settings: Settings, evidence: Evidence) -> Plan:
    """Decide by what is known of an image. Raises as `plan_for`."""
    method, why = choose(task.methods(evidence), settings.method, evidence)
    criterion = method.criterion(settings.stopping, evidence)
    config = method.config(evidence)
    config = dataclasses.replace(
        config, seconds=settings.seconds_per_plane, anneal=config.anneal and criterion.allows_annealing
    ).overridden_by(settings)
    notes = (why, *method.notes(evidence), *criterion.notes())
    return Plan(noise=evidence.noise, method=method, config=config, criterion=criterion, notes=notes)
