"""What a preset means: everything one fit needs to know, decided from the settings and the image."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator
from typing import TypeVar

import torch

from napari_deep_prior.core.imaging.holes import NO_HOLES, HoleStatistics
from napari_deep_prior.core.methods import choice
from napari_deep_prior.core.methods._base import Config
from napari_deep_prior.core.networks.activation import identity, soft_sigmoid
from napari_deep_prior.core.networks.architecture import Architecture
from napari_deep_prior.core.networks.catalogue import CHAINS, CHAINS_OF_VOLUMES, FINE, NETWORKS, SMOOTH, VOLUMES
from napari_deep_prior.core.noise.estimate import NoiseEstimate
from napari_deep_prior.core.run.budget import UNLIMITED
from napari_deep_prior.core.sampling.patches import MOST
from napari_deep_prior.core.settings import Method, Preset, Settings
from napari_deep_prior.core.stopping.rules import EarlyStopping, Frequencies, NeverStop, RunningVariance, StoppingRule
from napari_deep_prior.core.tasks import FINER, HOLES, Need

_GUESS: dict[Need, float] = {
    "cleanness": 2.5,
    "artifacts": 1.0,
    "blocks": 1.0,
    "holes": 2.5,
    "wide holes": 3.5,
    "noisy wide holes": 3.5,
    "detail": 0.0,
    "much detail": 0.0,
    "sharpness": 1.0,
    "unknown blur": 1.0,
}

_JITTER: dict[Need, float] = dict.fromkeys(HOLES, 0.02) | {"much detail": 0.03}
"""Of the fixed code, at each step; elsewhere it slows the fit and gains nothing."""

_SECONDS: dict[Preset, float] = {"fast": 20.0, "balanced": 180.0, "best": 900.0, "paper": math.inf}
_VOLUME = 5
"""A volume may take as long as so many planes."""

_AVERAGE: dict[Preset, float] = {"fast": 0.97, "balanced": 0.98, "best": 0.99, "paper": 0.99}

_AVERAGE_WHOLE: dict[Preset, float] = {"fast": 0.85, "balanced": 0.9, "best": 0.97, "paper": 0.99}
"""Of the drawings of the whole, between which several steps lie."""

_CROP: dict[Method, int] = {"code": 0, "masked": 128, "recorrupted": 64, "redegraded": 48}
"""What is learnt from small squares is sooner learnt; hidden pixels need more around them."""

_CROP_OF_VOLUME = 48

_STEPS: dict[Method, dict[Preset, int]] = {
    "code": {"fast": 300, "balanced": 600, "best": 1000, "paper": 3000},
    "masked": {"fast": 250, "balanced": 1200, "best": 2500, "paper": 3000},
    "recorrupted": {"fast": 300, "balanced": 1500, "best": 3000, "paper": 3000},
    "redegraded": {"fast": 150, "balanced": 400, "best": 1500, "paper": 1500},
}
"""For cleaning, and for what can be lost again: more gain nothing, or draw noise."""

_PASSES = 550
"""How often the wide network of *best* may come back to a pixel before it draws the noise of a small image."""

_MUCH: dict[Preset, int] = {"fast": 150, "balanced": 400, "best": 600, "paper": 3000}
"""For a fixed code that draws pixels many times finer."""

_RENEWED = 0.1
"""Share of the steps after which method redegraded again learns from the result so far, where that is finer than the image."""

_PRACTICE: dict[Preset, int] = {"fast": 500, "balanced": 3000, "best": 8000, "paper": 3000}
"""Steps of a network that learns to fill holes: more always gain."""

_POINTS = 2.5
"""Holes typically wider than this are no single pixels, and are practised on as they are where most is known."""

_HELD_OUT, _HANDFUL = 0.05, 8
"""Share of the known pixels that are held out of a fit to a fixed code, and the fewest blocks in which they are."""

_TV, _PLAIN = 0.01, 0.1
"""Weight of the total variation of a masked fit, and the detail (see `NoiseEstimate`) up to which there is none: what can be predicted
throughout needs no such help, which costs it the last of its contrast."""

_FEW = 300
"""The same where noise is correlated and recorrupted: how exactly, is never known, and the network learns the difference."""


def recipe(settings: Settings, noise: NoiseEstimate, need: Need, gaps: HoleStatistics = NO_HOLES) -> Config:
    """Settings, on an image with this noise and these holes, and what the network must be good at -> what is to be done."""
    preset = settings.preset
    fills, cleans = need in HOLES, need == "cleanness"
    method, why = choice.suited(settings, noise, need, gaps)
    rule = _rule(settings, method, need, whole=gaps.fraction == 0)
    gaps = gaps if fills else NO_HOLES
    # Muon and a falling rate; elsewhere a fixed code would end without texture in small holes, and with the blocks of a JPEG.
    swift = method != "code" or need in FINER | {"cleanness", "wide holes", "noisy wide holes"}
    fine = method == "recorrupted" and noise.correlation_length == 1 and cleans
    gap = noise.correlation_length if method == "masked" and noise.correlation_length > 1 and cleans else 0
    again, steps = method == "redegraded", _number(settings.iterations, _steps(method, preset, noise, need))
    side = _CROP_OF_VOLUME if settings.volume and _CROP[method] else _CROP[method]
    crop = side if (cleans or again) and not gap else 0
    held_out = _HELD_OUT if method == "code" else 0.03
    chosen = Config(
        method=method,
        architecture=_architecture(settings, need, again=again, fine=fine, smooth=gap > 0),
        seconds=seconds_per_plane(settings),
        iterations=steps if cleans or again or need == "much detail" else _number(settings.iterations, UNLIMITED),
        learning_rate=_number(settings.learning_rate, 0.01),
        jitter=_number(settings.jitter, _JITTER.get(need, 0.0)),
        average=_number(settings.average, 0.995 if gap else (_AVERAGE_WHOLE if crop else _AVERAGE)[preset]),
        rule=rule,
        held_out=0.0 if method == "masked" or again or rule.watches != "held-out" else held_out,
        frequencies=_HELD_OUT if rule.watches == "frequencies" else 0.0,
        block=1 if fine else max(2, 2 * noise.correlation_length, _as_wide_as(gaps)),
        guess=_GUESS[need if method == "code" or fills else "cleanness"],
        code=8 if fills else 16,
        hidden=(0.0, 0.0) if method == "recorrupted" else (0.5, 0.5) if gap else (0.3, 0.3),
        gap=gap,
        tv=_number(settings.tv_weight, _TV if cleans and method == "masked" and noise.detail > _PLAIN else 0.0),
        falls=swift and rule.watches != "variance",  # which falls with the learning rate, whatever is drawn
        orthogonal=swift,
        seeds=settings.seeds,
        crop=crop,
        renewed=math.ceil(_RENEWED * steps) if again and need in FINER else 0,
        head=identity if again else soft_sigmoid,
        lags=noise.autocorrelation if noise.correlation_length > 1 else ((1.0,),),
        notes=(why, *gaps.describe(), *_of_frequencies(rule)),
    )
    if preset == "paper" and not again:
        return _as_published(chosen, settings, need)
    return _practising(chosen, settings, gaps, need) if fills and method == "masked" and not settings.volume else chosen


def _architecture(settings: Settings, need: Need, *, again: bool, fine: bool, smooth: bool) -> Architecture:
    if again:
        return (CHAINS_OF_VOLUMES if settings.volume else CHAINS)[settings.preset]
    if settings.volume:
        return VOLUMES[settings.preset]
    return SMOOTH if smooth else (FINE if fine else NETWORKS[need])[settings.preset]


def _practising(recipe: Config, settings: Settings, gaps: HoleStatistics, need: Need) -> Config:
    """A network that learns to fill holes where it is known what stands there.

    The whole is drawn with fewer pixels hidden than most practice has, and others each time: their mean is better than any, and
    those hidden tell how good it is.
    """
    practised = gaps.typical_width > _POINTS and gaps.mostly_known
    return dataclasses.replace(
        recipe,
        architecture=NETWORKS["holes"][settings.preset],
        iterations=_number(settings.iterations, _PRACTICE[settings.preset]),
        average=_number(settings.average, _AVERAGE[settings.preset]),
        rule=NeverStop() if settings.stopping == "auto" else recipe.rule,
        hidden=(0.02, 0.06) if practised else (0.2, 0.5),
        upright=True,
        surface=need != "noisy wide holes",
        practised=practised,
        crop=_CROP[recipe.method],
    )


def _as_wide_as(gaps: HoleStatistics) -> int:
    """Side of the held-out blocks: as wide as the holes, but so that a handful of them lie in the picture."""
    return min(round(gaps.typical_width), math.isqrt(int(_HELD_OUT * gaps.pixels / _HANDFUL)))


def _of_frequencies(rule: StoppingRule) -> Iterator[str]:
    if rule.watches == "frequencies":
        yield f"{_HELD_OUT:.0%} of the residual's Fourier coefficients, but for the lowest, were kept out of the fit"


def _steps(method: Method, preset: Preset, noise: NoiseEstimate, need: Need) -> int:
    if method == "code" and need == "much detail":
        return _MUCH[preset]
    if noise.correlation_length > 1 and method == "recorrupted":
        return _FEW
    if method == "recorrupted" and preset == "best" and noise.pixels:
        return min(_STEPS[method][preset], math.ceil(_PASSES * max(1.0, noise.pixels / (MOST * _CROP[method] ** 2))))
    whole = (
        noise.correlation_length > 1 and method == "masked"
    )  # the squares hidden there need the whole at each step, and fewer
    return _STEPS[method][preset] // (2 if whole else 1)


def seconds_per_plane(settings: Settings) -> float:
    """The longest a plane or volume may take, known before anything is measured; infinite where there is no limit."""
    return _limit(settings.seconds, _SECONDS[settings.preset] * (_VOLUME if settings.volume else 1))


def _as_published(recipe: Config, settings: Settings, need: Need) -> Config:
    """The paper's numbers wherever the user gave none; its text inpainting does not average."""
    fills = need in HOLES
    steps = 6000 if need == "holes" else 5000 if fills else 2000 if need in FINER else 3000
    return dataclasses.replace(
        recipe,
        iterations=_number(settings.iterations, steps),
        jitter=_number(settings.jitter, 0.03 if fills else 1 / 30),
        average=_number(settings.average, 0.0 if fills else 0.99),
        guess=0.0 if recipe.method == "code" else recipe.guess,
        tv=_number(settings.tv_weight, 0.0),
        falls=False,
        crop=0,
        orthogonal=False,
        code=32,
        head=torch.sigmoid,
    )


def precision_of(settings: Settings) -> str:
    """The precision asked for; the paper's recipe is float32 unless it is asked otherwise."""
    paper = settings.preset == "paper" and settings.precision == "auto"
    return "float32" if paper else settings.precision


def _rule(settings: Settings, method: str, need: Need, *, whole: bool) -> StoppingRule:
    if settings.stopping == "never" or (settings.stopping == "auto" and settings.preset == "paper"):
        return NeverStop()
    if settings.stopping == "variance":
        return RunningVariance()
    if method == "redegraded":
        return NeverStop()  # there is no truth of what is learnt last, and no noise to over-fit
    if settings.stopping == "frequencies" and method == "code" and whole:
        return Frequencies()
    if settings.stopping == "auto" and need in FINER:
        return NeverStop()  # a coarse pixel kept out would leave many fine ones without a hold
    if need in ("sharpness", "unknown blur"):
        # Seen through the blur, held-out pixels tell little of what is sharp: a small gain does not count against the start.
        return EarlyStopping(patience=1.0, least=150, gain=0.05)
    if method == "code":
        return EarlyStopping()
    # The falling learning rate leaves little to stop, and what a few pixels tell is noisy.
    return EarlyStopping(patience=1.0, least=300, tolerance=0.005, plateau=False)


_Number = TypeVar("_Number", int, float)


def _number(given: _Number | str, default: _Number) -> _Number:
    return default if isinstance(given, str) else given


def _limit(given: float | str, default: float) -> float:
    return math.inf if given == "never" else _number(given, default)
