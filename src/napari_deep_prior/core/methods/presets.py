"""What a preset means: everything one fit needs to know, decided from the settings and the image."""

from __future__ import annotations

import dataclasses
import math
from typing import TypeVar

import torch

from napari_deep_prior.core.imaging.holes import NO_HOLES, HoleStatistics
from napari_deep_prior.core.methods import choice
from napari_deep_prior.core.methods._base import Config
from napari_deep_prior.core.networks.activation import identity, soft_sigmoid
from napari_deep_prior.core.networks.architecture import Architecture
from napari_deep_prior.core.networks.catalogue import CHAINS, CHAINS_OF_VOLUMES, FINE, NETWORKS, SMOOTH, VOLUMES
from napari_deep_prior.core.noise.estimate import Autocorrelation, NoiseEstimate
from napari_deep_prior.core.run.budget import UNLIMITED
from napari_deep_prior.core.sampling.image_sampler import ImageSampling
from napari_deep_prior.core.sampling.patches import MAX_PATCHES
from napari_deep_prior.core.settings import Method, Preset, Settings
from napari_deep_prior.core.stopping import Criterion, NoHoldOut
from napari_deep_prior.core.stopping.frequencies import KEEP_GAIN, HeldOutFrequencies
from napari_deep_prior.core.stopping.hidden_pixels import HiddenPixels
from napari_deep_prior.core.stopping.pixels import PixelBlocks
from napari_deep_prior.core.stopping.rules import EarlyStopping, NeverStop, StoppingRule
from napari_deep_prior.core.stopping.running_variance import RunningVariance
from napari_deep_prior.core.stopping.split_risk import SplitRisk
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
    whole = gaps.fraction == 0
    gaps = gaps if fills else NO_HOLES
    # Muon and a falling rate; elsewhere a fixed code would end without texture in small holes, and with the blocks of a JPEG.
    swift = method != "code" or need in FINER | {"cleanness", "wide holes", "noisy wide holes"}
    fine = method == "recorrupted" and noise.correlation_length == 1 and cleans
    gap = noise.correlation_length if method == "masked" and noise.correlation_length > 1 and cleans else 0
    again, steps = method == "redegraded", _number(settings.iterations, _steps(method, preset, noise, need))
    side = _CROP_OF_VOLUME if settings.volume and _CROP[method] else _CROP[method]
    crop = side if (cleans or again) and not gap else 0
    paper, practises = preset == "paper" and not again, fills and method == "masked" and not settings.volume
    lags = noise.autocorrelation if noise.correlation_length > 1 else ((1.0,),)
    block = 1 if fine else max(2, 2 * noise.correlation_length, _as_wide_as(gaps))
    criterion = _criterion(
        settings, method, need, whole=whole, block=block, lags=lags, patches=bool(crop) and not paper
    )
    chosen = Config(
        method=method,
        architecture=_architecture(settings, need, again=again, fine=fine, smooth=gap > 0),
        seconds=seconds_per_plane(settings),
        iterations=steps if cleans or again or need == "much detail" else _number(settings.iterations, UNLIMITED),
        learning_rate=_number(settings.learning_rate, 0.01),
        averaging=_number(settings.average, 0.995 if gap else (_AVERAGE_WHOLE if crop else _AVERAGE)[preset]),
        criterion=criterion,
        sampling=ImageSampling(
            smoothing_sigma=_GUESS[need if method == "code" or fills else "cleanness"],
            mask_fraction=(0.0, 0.0) if method == "recorrupted" else (0.5, 0.5) if gap else (0.3, 0.3),
            blind_spot_radius=gap,
            patch_size=crop,
        ),
        input_noise=_number(settings.jitter, _JITTER.get(need, 0.0)),
        code_channels=8 if fills else 16,
        tv_weight=_number(settings.tv_weight, _TV if cleans and method == "masked" and noise.detail > _PLAIN else 0.0),
        anneal=swift and criterion.allows_annealing,
        muon=swift,
        ensemble_size=settings.seeds,
        refresh_every=math.ceil(_RENEWED * steps) if again and need in FINER else 0,
        activation=identity if again else soft_sigmoid,
        autocorrelation=lags,
        notes=(why, *gaps.describe(), *criterion.notes()),
    )
    if paper:
        return _as_published(chosen, settings, need)
    return _practising(chosen, settings, gaps, need) if practises else chosen


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
        averaging=_number(settings.average, _AVERAGE[settings.preset]),
        criterion=HiddenPixels() if settings.stopping == "auto" else recipe.criterion,
        sampling=dataclasses.replace(
            recipe.sampling,
            mask_fraction=(0.02, 0.06) if practised else (0.2, 0.5),
            augment=False,
            biharmonic_base=need != "noisy wide holes",
            hole_masks=practised,
            patch_size=_CROP[recipe.method],
        ),
    )


def _as_wide_as(gaps: HoleStatistics) -> int:
    """Side of the held-out blocks: as wide as the holes, but so that a handful of them lie in the picture."""
    return min(round(gaps.typical_width), math.isqrt(int(_HELD_OUT * gaps.pixels / _HANDFUL)))


def _steps(method: Method, preset: Preset, noise: NoiseEstimate, need: Need) -> int:
    if method == "code" and need == "much detail":
        return _MUCH[preset]
    if noise.correlation_length > 1 and method == "recorrupted":
        return _FEW
    if method == "recorrupted" and preset == "best" and noise.pixels:
        return min(
            _STEPS[method][preset], math.ceil(_PASSES * max(1.0, noise.pixels / (MAX_PATCHES * _CROP[method] ** 2)))
        )
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
        input_noise=_number(settings.jitter, 0.03 if fills else 1 / 30),
        averaging=_number(settings.average, 0.0 if fills else 0.99),
        sampling=dataclasses.replace(
            recipe.sampling,
            smoothing_sigma=0.0 if recipe.method == "code" else recipe.sampling.smoothing_sigma,
            patch_size=0,
        ),
        tv_weight=_number(settings.tv_weight, 0.0),
        anneal=False,
        muon=False,
        code_channels=32,
        activation=torch.sigmoid,
    )


def precision_of(settings: Settings) -> str:
    """The precision asked for; the paper's recipe is float32 unless it is asked otherwise."""
    paper = settings.preset == "paper" and settings.precision == "auto"
    return "float32" if paper else settings.precision


def _criterion(
    settings: Settings, method: Method, need: Need, *, whole: bool, block: int, lags: Autocorrelation, patches: bool
) -> Criterion:
    kept_out = _criterion_of(settings, method, need, block=block, patches=patches)
    if settings.stopping == "never" or (settings.stopping == "auto" and settings.preset == "paper"):
        return kept_out.judging_nothing(NeverStop())
    if settings.stopping == "variance":
        return kept_out.judging_nothing(RunningVariance())
    if method == "redegraded":
        return kept_out
    if settings.stopping == "frequencies" and method == "code" and whole:
        return HeldOutFrequencies(rule=EarlyStopping(keep_gain=KEEP_GAIN), fraction=_HELD_OUT, autocorrelation=lags)
    if settings.stopping == "auto" and need in FINER:
        return kept_out.judging_nothing(
            NeverStop()
        )  # a coarse pixel kept out would leave many fine ones without a hold
    return kept_out


def _criterion_of(settings: Settings, method: Method, need: Need, *, block: int, patches: bool) -> Criterion:
    rule = _rule(method, need)
    if method == "redegraded":
        return NoHoldOut()  # there is no truth of what is learnt last, and no noise to over-fit
    if method == "masked":
        return HiddenPixels(rule=rule)
    if method == "recorrupted":
        return SplitRisk(rule=rule, fraction=0.03, block_size=block, decay=0.9 if patches else 0.98)
    return PixelBlocks(rule=rule, fraction=_HELD_OUT, block_size=block)


def _rule(method: Method, need: Need) -> StoppingRule:
    if need in ("sharpness", "unknown blur"):
        # Seen through the blur, held-out pixels tell little of what is sharp: a small gain does not count against the start.
        return EarlyStopping(patience=1.0, min_wait=150, keep_gain=0.05)
    if method == "code":
        return EarlyStopping()
    # The falling learning rate leaves little to stop, and what a few pixels tell is noisy.
    return EarlyStopping(patience=1.0, min_wait=300, keep_tolerance=0.005, stops_on_plateau=False)


_Number = TypeVar("_Number", int, float)


def _number(given: _Number | str, default: _Number) -> _Number:
    return default if isinstance(given, str) else given


def _limit(given: float | str, default: float) -> float:
    return math.inf if given == "never" else _number(given, default)
