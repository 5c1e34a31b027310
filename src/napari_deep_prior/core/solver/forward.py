"""One pass forwards: from a sample through a network to an image, and to what the forward model makes of it."""

from __future__ import annotations

from collections.abc import Callable

import torch

from napari_deep_prior.core.compute.device import Device
from napari_deep_prior.core.physics.forward_model import ForwardModel
from napari_deep_prior.core.sampling.sample import Sample
from napari_deep_prior.core.stopping import StepOutput


def forward(
    network: torch.nn.Module,
    sample: Sample,
    activation: Callable[[torch.Tensor], torch.Tensor],
    physics: ForwardModel,
    device: Device,
) -> StepOutput:
    """The network's output as an image, and the degraded image that is compared with the target."""
    with device.autocast():
        output = network(sample.input)
    image = activation(sample.inverse(output) + sample.residual_base)
    consistent = image if sample.data_consistency is None else sample.data_consistency(image)
    if sample.next_stage is not None:
        return forward(network, sample.next_stage(consistent), activation, physics, device)
    return StepOutput(sample, consistent, image if sample.in_image_domain else physics(image))
