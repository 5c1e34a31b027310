"""Freezing: the mean of a network's batch statistics is kept, so that what it draws of a place depends on that place alone."""

from __future__ import annotations

import torch

from napari_deep_prior.core.compute.device import Device
from napari_deep_prior.core.sampling.sample import Sampler

_FRESH_BATCHES = 50
"""Batches over which the statistics are averaged."""


@torch.no_grad()
def freeze_statistics(network: torch.nn.Module, sampler: Sampler, device: Device) -> None:
    """Replace the running statistics of a network in training by their mean over fresh samples."""
    for layer in network.modules():
        if isinstance(layer, torch.nn.modules.batchnorm._BatchNorm):
            layer.reset_running_stats()
            layer.momentum = None  # the mean over all batches
    for _ in range(_FRESH_BATCHES):
        sample = sampler.sample()  # as in a step: what is shown is made in full precision
        with device.autocast():
            network(sample.input)
