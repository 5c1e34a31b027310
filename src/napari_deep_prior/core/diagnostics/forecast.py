"""Forecast: memory of a fit from the shape of the image alone, before its pixels are read."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import math
from collections.abc import Iterator

import numpy as np
import torch

from napari_deep_prior.core.compute import device as devices
from napari_deep_prior.core.compute.device import Device
from napari_deep_prior.core.data.masks import Masks
from napari_deep_prior.core.methods import Evidence
from napari_deep_prior.core.methods._base import PlaneShape
from napari_deep_prior.core.networks.tiles import TILE
from napari_deep_prior.core.noise.estimate import NoiseEstimate
from napari_deep_prior.core.run.plan import plan_from
from napari_deep_prior.core.run.shared.planes import LARGE
from napari_deep_prior.core.settings import Settings
from napari_deep_prior.core.tasks import AbstractTask

_ALONE, _SHARED = (1.0, 0.0), (1.0, 0.5, 0.0)

_KINDS_OF_NOISE = (
    NoiseEstimate(sigma=1.0, patches=1, correlation=_ALONE),
    NoiseEstimate(sigma=1.0, patches=1, correlation=_ALONE, skewness=1.0),
    NoiseEstimate(sigma=1.0, patches=1, correlation=_SHARED),
    NoiseEstimate(sigma=1.0, patches=1, correlation=_SHARED, detail=1.0),
)
"""Kinds of noise that lead to different methods: independent or correlated, symmetric or skewed, little detail or much."""


_ARRAYS_OF_A_DRAWING = 60
"""Arrays of the size of a large plane that drawing it in tiles takes, in float32: measured at 4096 x 4096 pixels."""


def forecast_bytes(task: AbstractTask, plane: tuple[int, ...], settings: Settings) -> tuple[int, int, Device]:
    """Peak memory in bytes of the fit of a (c, [z,] y, x) plane, the least and the most, and the device.

    Raises
    ------
    ValueError
        If the task, the method or the device cannot be used.
    """
    device = devices.choose(settings.device, settings.convolution_precision)
    dark = np.broadcast_to(np.uint8(0), plane)
    masks = task.masks(dark)
    pixel = torch.zeros(1, plane[0], *(1 for _ in plane[1:]))  # what a model adds to a shape is the same for all images
    drawn = task.forward_model(pixel, Masks.of(pixel[0].numpy())).input_shape(plane[1:])
    guide = task.guide_image()
    shape = PlaneShape(channels=plane[0], image=plane[1:], drawn=drawn, guides=0 if guide is None else guide.shape[1])
    repeatable = {task.repeatable(None), task.repeatable(dark)}
    evidence = [
        Evidence(
            noise=noise,
            preset=settings.preset,
            volume=settings.volume or len(plane) > 3,
            holes=masks.holes,
            pixels=math.prod(plane[1:]),
            repeatable=known,
        )
        for noise, known in itertools.product(_KINDS_OF_NOISE, repeatable)
    ]
    peaks = set(_peaks(task, settings, shape, device, evidence))
    if not peaks:
        plan_from(task, settings, evidence[0])  # says why nothing is possible
    return min(peaks), max(peaks), device


def _peaks(
    task: AbstractTask, settings: Settings, shape: PlaneShape, device: Device, evidence: list[Evidence]
) -> Iterator[int]:
    """Peak memory of each fit that the image may turn out to need."""
    for known in evidence:
        with contextlib.suppress(ValueError):
            plan = plan_from(task, settings, known)
            tiled = settings.network != "each" and plan.method.shared(plan.config) is not None
            if tiled and (pixels := math.prod(shape.image)) > LARGE:
                part = dataclasses.replace(shape, image=(TILE, TILE), drawn=(TILE, TILE))
                whole = _ARRAYS_OF_A_DRAWING * 4 * pixels * shape.channels
                yield plan.method.footprint(plan.config, part).peak_bytes(device) + whole
            else:
                yield plan.method.footprint(plan.config, shape).peak_bytes(device)
