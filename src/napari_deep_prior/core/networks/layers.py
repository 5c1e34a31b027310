"""Convolution, norm, channels-last gradients, float32 head."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

CONVOLUTION: dict[int, Any] = {2: nn.Conv2d, 3: nn.Conv3d}


NORMALISATION: dict[int, Any] = {2: nn.BatchNorm2d, 3: nn.BatchNorm3d}


LAYOUT = {2: torch.channels_last, 3: torch.channels_last_3d}


def float32_head(head: nn.Module, x: torch.Tensor) -> torch.Tensor:
    """The picture itself, drawn in float32: bfloat16 has 8 bits and would quantise it."""
    with torch.autocast(x.device.type, enabled=False):
        return channels_last_gradient(head(channels_last_gradient(x).float()))


def channels_last_gradient(x: torch.Tensor) -> torch.Tensor:
    """As it is, but its gradient will come in channels-last.

    The gradient of what was joined to something else is a part of a larger one, that of a picture is laid out as what it was
    compared with, and where layouts differ PyTorch's kernels for processors take ten to twenty times as long.
    """

    def laid(gradient: torch.Tensor) -> torch.Tensor:
        return gradient.contiguous(memory_format=LAYOUT[gradient.ndim - 2])

    if x.requires_grad:
        x.register_hook(laid)  # type: ignore[no-untyped-call]
    return x
