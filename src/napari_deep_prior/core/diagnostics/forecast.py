"""What a fit will take of the memory, before anything of the image is read: from its shape alone."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from napari_deep_prior.core.compute import memory
from napari_deep_prior.core.compute.device import Device, choose
from napari_deep_prior.core.data.masks import Masks
from napari_deep_prior.core.imaging.holes import HoleStatistics
from napari_deep_prior.core.methods import plug_and_play
from napari_deep_prior.core.methods._base import Config
from napari_deep_prior.core.methods.presets import precision_of, recipe
from napari_deep_prior.core.noise.estimate import NoiseEstimate
from napari_deep_prior.core.physics import jpeg_compression
from napari_deep_prior.core.sampling.patches import PatchSampler
from napari_deep_prior.core.sampling.stage_sampler import PATCHES
from napari_deep_prior.core.settings import Settings
from napari_deep_prior.core.tasks import AbstractTask, Need

_ALONE, _SHARED = (1.0, 0.0), (1.0, 0.5, 0.0)

_KINDS = (
    NoiseEstimate(sigma=1.0, patches=1, correlation=_ALONE),
    NoiseEstimate(sigma=1.0, patches=1, correlation=_ALONE, skewness=1.0),
    NoiseEstimate(sigma=1.0, patches=1, correlation=_SHARED),
    NoiseEstimate(sigma=1.0, patches=1, correlation=_SHARED, detail=1.0),
)
"""One noise for each way to treat it; which of them the image has is known only when it is measured."""


def forecast_bytes(task: AbstractTask, plane: tuple[int, ...], settings: Settings) -> tuple[int, int, Device]:
    """Bytes at the peak of the fit of a plane of this (c, y, x) shape, the least and the most, and on which device.

    Raises
    ------
    ValueError
        If the task or the device cannot be used.
    """
    device = choose(settings.device, precision_of(settings))
    dark = np.broadcast_to(np.uint8(0), plane)
    masks = task.masks(dark)
    need, holes = task.need(dark), masks.holes
    pixel = torch.zeros(1, plane[0], *(1 for _ in plane[1:]))  # what a model adds to a shape is the same for all images
    drawn = task.forward_model(pixel, Masks.of(pixel[0].numpy())).input_shape(plane[1:])
    beside = task.guide_image()
    more = 0 if beside is None else beside.shape[1]
    found = {
        _again(chosen, plane, may, drawn, device)
        if chosen.method == "redegraded"
        else _bytes(chosen, plane[0], more, drawn, device)
        for may in _needs(need, settings)
        for chosen in _recipes(settings, may, holes)
    }
    return min(found), max(found), device


def _needs(need: Need, settings: Settings) -> tuple[Need, ...]:
    """Whether the steps of a JPEG will be found, is known only when the image is looked at."""
    if need != "artifacts" or settings.method not in ("auto", "redegraded"):
        return (need,)
    return ("blocks",) if settings.method == "redegraded" else ("blocks", need)


def _recipes(settings: Settings, need: Need, holes: HoleStatistics) -> Iterator[Config]:
    for kind in _KINDS:
        yield recipe(settings, kind, need, holes)


def _bytes(chosen: Config, channels: int, more: int, drawn: tuple[int, ...], device: Device) -> int:
    code = chosen.method == "code" or not chosen.sampling.smoothing_sigma
    crops = (
        None
        if code or not chosen.sampling.patch_size
        else PatchSampler(drawn, chosen.sampling.patch_size, torch.Generator())
    )
    c_in = more + (chosen.code_channels if code else channels + 1)
    return memory.estimate_peak_bytes(
        chosen.architecture, c_in, channels, drawn, drawn if crops is None else crops.batch_shape, device
    )


def _again(chosen: Config, plane: tuple[int, ...], need: Need, drawn: tuple[int, ...], device: Device) -> int:
    crops = PatchSampler(plane[1:], chosen.sampling.patch_size, torch.Generator(), number=PATCHES)
    c_in = plane[0] + {"blocks": jpeg_compression.POSITION_CHANNELS, "sharpness": plug_and_play.BESIDE}.get(need, 0)
    return memory.estimate_peak_bytes(chosen.architecture, c_in, plane[0], drawn, crops.batch_shape, device)
