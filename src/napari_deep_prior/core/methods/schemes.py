"""The input scheme that a recipe asks for, made for one plane."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch

from napari_deep_prior.core.imaging.normalized_convolution import smooth_estimate
from napari_deep_prior.core.methods._base import Config
from napari_deep_prior.core.methods.deep_image_prior import FixedCode
from napari_deep_prior.core.networks import activation
from napari_deep_prior.core.noise.synthesis import CorrelatedNoise
from napari_deep_prior.core.physics.stages import DegradationStages
from napari_deep_prior.core.sampling.image_sampler import ImageSampler
from napari_deep_prior.core.sampling.patches import PatchSampler
from napari_deep_prior.core.sampling.sample import Sampler
from napari_deep_prior.core.sampling.stage_sampler import StageSampler


def scheme_for(
    recipe: Config,
    observed: torch.Tensor,
    weight: torch.Tensor,
    counted: torch.Tensor,
    drawn: tuple[int, ...],
    *,
    undone: torch.Tensor,
    begun: torch.Tensor | None,
    lift: Callable[[torch.Tensor], torch.Tensor],
    beside: torch.Tensor | None,
    again: DegradationStages | None,
    deviation: torch.Tensor | None,
    noisy: torch.Tensor | None,
    upright: bool,
    start: torch.Generator,
    draws: torch.Generator,
    turns: torch.Generator,
) -> Sampler:
    """What the network sees at each step.

    Parameters
    ----------
    observed, weight, counted
        (1, c, y, x), and twice (1, 1, y, x): 0 where nothing is known, and where nothing enters the loss of a split image.
    drawn
        Shape ([z,] y, x) of what the network draws.
    undone, lift
        What the first guess is made of, like `observed`, and what brings it onto the grid that is drawn.
    begun
        A picture on that grid already, in place of the first guess; for a fixed code.
    beside
        Another picture of the same place that the network is shown too, (1, 1, y, x) in about [0, 1].
    again
        What was lost, to be lost once more; method redegraded needs it.
    deviation
        Of the noise, like `observed`; method recorrupted needs it.
    noisy
        Like `weight`, 0 where there is no noise; None: it is everywhere.
    upright
        Nothing is turned; for methods masked and recorrupted, whose squares meet the instrument as they are turned.
    start, draws, turns
        Generators: of the code, on the CPU; of each step, on the device and on the CPU.
    """
    if again is not None:
        return StageSampler(observed, weight, again, drawn=drawn, side=recipe.crop, turns=turns, draws=draws)
    guide = None if beside is None else beside.to(observed.device)
    # The first guess is not guided: a guided filter is nearer to the truth than a Gaussian, but fits from it ended farther off.
    guess = smooth_estimate(undone, weight, recipe.guess) if recipe.guess else None
    if recipe.method == "code" or guess is None:
        return FixedCode(
            *(observed, weight, drawn, start),
            channels=recipe.code,
            jitter=recipe.jitter,
            base=activation.inverse_soft_sigmoid(begun)
            if begun is not None
            else 0.0
            if guess is None
            else activation.inverse_soft_sigmoid(lift(guess)),
            draws=draws,
            beside=None if guide is None else lift(guide),
        )
    split = recipe.method == "recorrupted" and deviation is not None
    shape = tuple(observed.shape[2:])
    return ImageSampler(
        *(observed, weight),
        hidden=recipe.hidden,
        practised=recipe.practised,
        surface=recipe.surface,
        upright=upright,
        gap=recipe.gap,
        width=recipe.guess,
        guess=guess,
        source=CorrelatedNoise(recipe.lags, draws) if split else None,
        deviation=deviation,
        noisy=noisy,
        crops=PatchSampler(shape, recipe.crop, turns, whole=math.prod(shape) * (2 if split else 1))
        if recipe.crop
        else None,
        counted=counted,
        lift=lift,
        beside=guide,
        draws=draws,
        turns=turns,
    )
