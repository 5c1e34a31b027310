"""Layers of all networks: convolution, normalisation, memory format, float32 head."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn

CONVOLUTION: dict[int, Callable[..., nn.Conv2d | nn.Conv3d]] = {2: nn.Conv2d, 3: nn.Conv3d}
"""By number of spatial axes."""

NORMALISATION: dict[int, Callable[..., nn.BatchNorm2d | nn.BatchNorm3d]] = {2: nn.BatchNorm2d, 3: nn.BatchNorm3d}
"""By number of spatial axes."""

LAYOUT = {2: torch.channels_last, 3: torch.channels_last_3d}
"""Memory format by number of spatial axes."""


def float32_head(head: nn.Module, x: torch.Tensor) -> torch.Tensor:
    """Apply the last layer in float32: bfloat16 has 8 significant bits and would quantise the image."""
    with torch.autocast(x.device.type, enabled=False):
        return channels_last_gradient(head(channels_last_gradient(x).float()))


def channels_last_gradient(x: torch.Tensor) -> torch.Tensor:
    """The tensor itself, with a hook that makes its gradient channels-last.

    The gradient of one input of a concatenation is a slice of a larger tensor, and that of the image has the format of what
    it was compared with. Where formats differ, PyTorch's CPU kernels take ten to twenty times as long.
    """

    def reformat(gradient: torch.Tensor) -> torch.Tensor:
        return gradient.contiguous(memory_format=LAYOUT[gradient.ndim - 2])

    if x.requires_grad:
        x.register_hook(reformat)  # type: ignore[no-untyped-call]
    return x
