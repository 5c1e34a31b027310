"""Plan: method and numbers of a fit, decided once for all planes of a stack; the noise, measured in each."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from napari_deep_prior.core.data.masks import Masks
from napari_deep_prior.core.data.regions import montage
from napari_deep_prior.core.methods import Config, Evidence, Method
from napari_deep_prior.core.methods._closed_form import ClosedFormMethod
from napari_deep_prior.core.methods.choice import choose
from napari_deep_prior.core.networks.catalogue import Preset
from napari_deep_prior.core.noise.differing import measure_differing
from napari_deep_prior.core.noise.estimate import NoiseEstimate
from napari_deep_prior.core.settings import Settings
from napari_deep_prior.core.stopping import Criterion
from napari_deep_prior.core.tasks import AbstractTask

_MEASURED, _PART = 2**22, 512
"""Pixels of a plane in which its noise is measured; of larger ones in square parts of this side."""


_STEPS_OF_MIXED: Mapping[Preset, int] = {"balanced": 600}
"""Most steps of a fit that is mixed with a partner's result: twice as many are worth a tenth of a decibel (docs/benchmarks.md)."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How the planes of a stack are fitted: by the same method, since neighbours must not look different, each with its own noise.

    Attributes
    ----------
    noise
        Of the plane at hand.
    method, config, criterion
        How a network is fitted, with which numbers, and what it is judged by.
    partner
        The method without a network with whose result that of the fit is mixed; None: it is not.
    notes
        What was decided and why, in words for the record.
    adapt
        Steps in which a network for several planes learns on from each before it draws that one.
    """

    noise: NoiseEstimate
    method: Method
    config: Config
    criterion: Criterion
    notes: tuple[str, ...]
    partner: ClosedFormMethod | None = None
    adapt: int = 0

    def for_plane(
        self,
        task: AbstractTask,
        pixels: NDArray[np.generic],
        masks: Masks,
        noise: NoiseEstimate | None = None,
    ) -> Plan:
        """The same for a further plane, (c, [z,] y, x): with its own noise, or this one where none can be measured in it.

        A film may begin before the shutter opens, and a z-stack outside the sample: the first plane says nothing of the others' noise.
        `noise` is that of the plane, where it has been measured already.
        """
        noise = noise or noise_of(task, pixels, masks)
        rounding = float(np.finfo(np.float32).eps) * float(np.abs(pixels[:, masks.known].astype(np.float64)).max())
        return dataclasses.replace(self, noise=noise) if noise.sigma > rounding else self


def check_preset(task: AbstractTask, settings: Settings) -> None:
    """Refuse, before anything is measured, to do without a network where the task needs one.

    Raises
    ------
    ValueError
        In words: why, and what to choose.
    """
    measured = NoiseEstimate(sigma=1.0, patches=1, correlation=(1.0, 0.0))
    evidence = Evidence(noise=measured, preset=settings.preset, volume=settings.volume)
    candidates = task.methods(evidence)
    instant = {method.name for method in candidates if method.is_instant}
    if settings.preset != "instant" and settings.method not in instant:
        return
    choose(candidates, settings.method, evidence)
    if task.guide_image() is not None:
        raise ValueError("There is a guide, which only a network can use: leave it out, or choose the preset 'fast'.")


def plan_for(
    task: AbstractTask,
    settings: Settings,
    pixels: NDArray[np.generic],
    masks: Masks,
    *,
    planes: int = 1,
    noise: NoiseEstimate | None = None,
) -> Plan:
    """Look at a plane, (c, [z,] y, x) in the caller's units, for a fit that learns from so many `planes` like it.

    `noise` is that of the plane, where it has been measured already.

    Raises
    ------
    ValueError
        If the method that the settings ask for cannot be had.
    """
    noise = noise or noise_of(task, pixels, masks)
    noise = dataclasses.replace(noise, pixels=planes * noise.pixels)
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
    )
    partner = None if settings.method != "auto" else _partner(method, task.methods(evidence), evidence)
    if partner is not None:
        most = _STEPS_OF_MIXED.get(evidence.preset, config.iterations)
        config = dataclasses.replace(config, iterations=min(config.iterations, most))
    config = config.overridden_by(settings)
    notes = (why, *method.notes(evidence), *criterion.notes())
    return Plan(
        noise=evidence.noise,
        method=method,
        config=config,
        criterion=criterion,
        notes=notes,
        partner=partner,
        adapt=settings.adapt,
    )


def _partner(method: Method, candidates: Sequence[Method], evidence: Evidence) -> ClosedFormMethod | None:
    """The first candidate without a network, where one is fitted that follows the image, other than by the paper's recipe."""
    if method.is_instant or method.fits_known_pixels or evidence.preset == "paper":
        return None
    others = (other for other in candidates if isinstance(other, ClosedFormMethod) and not other.refuses(evidence))
    return next(others, None)


def noise_of(task: AbstractTask, pixels: NDArray[np.generic], masks: Masks) -> NoiseEstimate:
    """Noise of a plane, (c, [z,] y, x) in the caller's units; of a large one, as parts of it tell."""
    if pixels[0].size > _MEASURED and pixels.ndim == 3:
        pixels, masks = montage(pixels, masks, _PART, _MEASURED // _PART**2)
    return task.adjust_noise(measure_differing(pixels, masks.known & masks.noisy, masks.strength), pixels, masks)
