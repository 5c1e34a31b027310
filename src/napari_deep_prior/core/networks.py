"""The skip hourglass of the paper and its thin kin, for any number of channels and any size.

The prior is the architecture: Ulyanov et al. 2018, section 3 and supplement; code-free re-implementation from the
paper's figure 21. Departures, each a field of `Architecture`: fewer channels at full resolution, work at half
resolution with a pixel-shuffled output (Shi et al., CVPR 2016), zero padding, no 1x1 convolutions.
"""

from __future__ import annotations

import dataclasses
import math
from typing import Literal

import torch
import torch.nn.functional as F
from torch import nn

SMALLEST = 8
"""Images are grown to at least this many pixels a side, so that batch statistics exist at every scale."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Architecture:
    """Shape of a skip hourglass.

    `channels` per scale from fine to coarse, `skip` channels carried across each scale (0 = none), `up` how it is
    enlarged, `shuffle` the factor by which the finest scale is coarser than the image, `pointwise` a 1x1 convolution
    after each enlarging one, `padding` of the 3x3 convolutions, `head_scale` shrinks the start of the last layer.
    """

    channels: tuple[int, ...]
    skip: int
    up: Literal["bilinear", "nearest"] = "bilinear"
    shuffle: int = 1
    pointwise: bool = True
    padding: Literal["reflect", "zeros"] = "reflect"
    head_scale: float = 1.0

    def for_shape(self, spatial: tuple[int, ...]) -> Architecture:
        """No deeper than the image allows: the coarsest scale keeps at least 2 pixels a side."""
        side = max(SMALLEST, min(spatial)) // self.shuffle
        depth = max(1, math.floor(math.log2(side)) - 1)
        return dataclasses.replace(self, channels=self.channels[:depth])


class Hourglass(nn.Module):
    """Image-like input (1, c_in, y, x) of any size -> (1, c_out, y, x), before the last sigmoid."""

    def __init__(self, architecture: Architecture, c_in: int, c_out: int) -> None:
        super().__init__()
        a = architecture
        self.shuffle = a.shuffle
        self.body = _Scale(a, 0, c_in * a.shuffle**2)
        self.head = nn.Conv2d(a.channels[0], c_out * a.shuffle**2, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        height, width = x.shape[-2:]
        x = self._padded(x)
        x = F.pixel_unshuffle(x, self.shuffle) if self.shuffle > 1 else x
        x = self.body(x)
        # The picture itself is drawn in float32: bfloat16 has 8 bits and would quantise it.
        with torch.autocast(x.device.type, enabled=False):
            x = self.head(x.float())
        x = F.pixel_shuffle(x, self.shuffle) if self.shuffle > 1 else x
        return x[..., :height, :width]

    def _padded(self, x: torch.Tensor) -> torch.Tensor:
        """Grown at the far edges to a multiple of the shuffle and to the smallest size."""
        extra = [max(SMALLEST, math.ceil(n / self.shuffle) * self.shuffle) - n for n in x.shape[-2:]]
        return F.pad(x, (0, extra[1], 0, extra[0]), mode="replicate") if any(extra) else x


class _Scale(nn.Module):
    """One scale: shrink, do the coarser scales, enlarge, join with what was carried across."""

    def __init__(self, a: Architecture, level: int, c_in: int) -> None:
        super().__init__()
        width = a.channels[level]
        last = level + 1 == len(a.channels)
        self.up = a.up
        self.skip = _block(a, c_in, a.skip, kernel=1) if a.skip else None
        self.down = nn.Sequential(_block(a, c_in, width, stride=2), _block(a, width, width))
        self.coarser = None if last else _Scale(a, level + 1, width)
        c_joined = a.skip + (width if last else a.channels[level + 1])
        self.normalise = nn.BatchNorm2d(c_joined)
        self.draw = nn.Sequential(
            _block(a, c_joined, width), *([_block(a, width, width, kernel=1)] if a.pointwise else [])
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.down(x)
        y = y if self.coarser is None else self.coarser(y)
        y = F.interpolate(y, scale_factor=2, mode=self.up, align_corners=False if self.up == "bilinear" else None)
        y = y[..., : x.shape[-2], : x.shape[-1]]  # odd sizes: a stride of 2 rounds up
        y = y if self.skip is None else torch.cat([self.skip(x), y], 1)
        out: torch.Tensor = self.draw(self.normalise(y))
        return out


def _block(a: Architecture, c_in: int, c_out: int, *, kernel: int = 3, stride: int = 1) -> nn.Sequential:
    """Convolution, batch normalisation, leaky rectifier."""
    convolution = nn.Conv2d(c_in, c_out, kernel, stride, padding=kernel // 2, padding_mode=a.padding)
    return nn.Sequential(convolution, nn.BatchNorm2d(c_out), nn.LeakyReLU(0.2))


def drawn(architecture: Architecture, c_in: int, c_out: int, generator: torch.Generator) -> Hourglass:
    """A network on the CPU with all weights drawn from `generator`, by PyTorch's own default distribution.

    PyTorch's constructors draw from the global generator; a private one gives the same bits whatever else runs in the
    process, and leaves everybody else's random numbers alone.
    """
    with torch.device("meta"):  # shapes only: nothing is drawn
        network = Hourglass(architecture, c_in, c_out)
    _make_room(network)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.reset_parameters()
        elif isinstance(module, nn.Conv2d) and module.bias is not None:
            bound = 1 / math.sqrt(module.weight[0].numel())
            with torch.no_grad():
                module.weight.uniform_(-bound, bound, generator=generator)
                module.bias.uniform_(-bound, bound, generator=generator)
    with torch.no_grad():
        network.head.weight.mul_(architecture.head_scale)
    return network


def _make_room(network: nn.Module) -> None:
    """Memory for a network of which only the shapes are known yet.

    As `to_empty`, for which PyTorch imports its compiler and SymPy: 2 s at the first fit of every process.
    """
    for module in network.modules():
        for name, weight in list(module.named_parameters(recurse=False)):
            setattr(module, name, nn.Parameter(torch.empty(weight.shape, dtype=weight.dtype)))
        for name, buffer in list(module.named_buffers(recurse=False)):
            setattr(module, name, torch.empty(buffer.shape, dtype=buffer.dtype))
