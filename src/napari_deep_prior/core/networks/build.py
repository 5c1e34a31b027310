"""Construction of a network, with initial weights from a private generator."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from napari_deep_prior.core.networks.architecture import Architecture
from napari_deep_prior.core.networks.chain import PlainCNN
from napari_deep_prior.core.networks.hourglass import Hourglass

Network = Hourglass | PlainCNN


def build_network(architecture: Architecture, c_in: int, c_out: int, generator: torch.Generator) -> Network:
    """Build a network on the CPU, in channels-last memory format.

    PyTorch's constructors draw from the global generator. A private one gives the same bits whatever else runs in the
    process, and leaves the random numbers of other code alone.

    Parameters
    ----------
    architecture
        Shape of the network, as `Architecture.for_shape` gives it.
    c_in, c_out
        Channels of the input and of the image.
    generator
        Source of all initial weights, which follow PyTorch's default distribution.
    """
    with torch.device("meta"):  # shapes only, so that the global generator is not used
        network = (PlainCNN if architecture.chain else Hourglass)(architecture, c_in, c_out)
    _materialise(network)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d | nn.BatchNorm3d):
            module.reset_parameters()
        elif isinstance(module, nn.Conv2d | nn.Conv3d) and module.bias is not None:
            bound = 1 / math.sqrt(module.weight[0].numel())
            with torch.no_grad():
                module.weight.uniform_(-bound, bound, generator=generator)
                module.bias.uniform_(-bound, bound, generator=generator)
    with torch.no_grad():
        network.head.weight.mul_(architecture.head_scale)
    nn.utils.convert_conv2d_weight_memory_format(network, torch.channels_last)
    nn.utils.convert_conv3d_weight_memory_format(network, torch.channels_last_3d)
    return network


def network_with(architecture: Architecture, c_in: int, c_out: int, weights: Mapping[str, NDArray[Any]]) -> Network:
    """Build a network with these weights and statistics, as its `state_dict` names them.

    Raises
    ------
    ValueError
        If they are not those of such a network, before anything of its size is allocated; or are no numbers.
    """
    with torch.device("meta"):
        shapes = (PlainCNN if architecture.chain else Hourglass)(architecture, c_in, c_out).state_dict()
    if odd := sorted(shapes.keys() ^ weights.keys()):
        raise ValueError(f"the network has no {odd[0]}." if odd[0] in weights else f"{odd[0]} is missing.")
    for name, wanted in shapes.items():
        array, dtype = weights[name], torch.empty(0, dtype=wanted.dtype).numpy().dtype
        if array.shape != tuple(wanted.shape) or array.dtype != dtype:
            raise ValueError(f"{name} is {array.dtype} of shape {array.shape}: needs {dtype} of {tuple(wanted.shape)}.")
        if not np.isfinite(array).all() or (name.endswith("running_var") and (array < 0).any()):
            raise ValueError(f"{name} holds values that are no weights: NaN, infinite or a negative variance.")
    network = build_network(architecture, c_in, c_out, torch.Generator())
    network.load_state_dict({name: torch.from_numpy(array.copy()) for name, array in weights.items()})
    return network


def _materialise(network: nn.Module) -> None:
    """Allocate the weights and buffers of a network on the meta device.

    As `nn.Module.to_empty`, for which PyTorch imports its compiler and SymPy: 2 s at the first fit of every process.
    """
    for module in network.modules():
        for name, weight in list(module.named_parameters(recurse=False)):
            setattr(module, name, nn.Parameter(torch.empty(weight.shape, dtype=weight.dtype)))
        for name, buffer in list(module.named_buffers(recurse=False)):
            setattr(module, name, torch.empty(buffer.shape, dtype=buffer.dtype))
