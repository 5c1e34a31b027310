"""The skip hourglass of the paper, its thin kin and a plain chain, in 2D and 3D, for any number of channels and any size.

The prior is the architecture: Ulyanov et al. 2018, section 3 and supplement; code-free re-implementation from the
paper's figure 21. Departures, each a field of `Architecture`: fewer channels at full resolution, work at half
resolution with a pixel-shuffled output (Shi et al., CVPR 2016), zero padding, no 1x1 convolutions.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import nn

from napari_deep_prior.core.networks.architecture import SMALLEST, Architecture
from napari_deep_prior.core.networks.layers import (
    CONVOLUTION,
    LAYOUT,
    NORMALISATION,
    channels_last_gradient,
    float32_head,
)


class Hourglass(nn.Module):
    """Image-like input (1, c_in, [z,] y, x) of any size -> (1, c_out, [z,] y, x), before the last sigmoid."""

    def __init__(self, architecture: Architecture, c_in: int, c_out: int) -> None:
        super().__init__()
        a = architecture
        self.shuffle, self.layout = a.shuffle, LAYOUT[a.dims]
        even = a.shuffle * 2 ** len(a.channels) if a.padding == "zeros" else a.shuffle
        self.multiples = [*(1,) * (a.dims - 2), even, even]
        self.body = _Scale(a, 0, c_in * a.shuffle**2)
        self.head = CONVOLUTION[a.dims](a.channels[0], c_out * a.shuffle**2, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        whole = x.shape
        x = self._padded(x.contiguous(memory_format=self.layout))
        x = F.pixel_unshuffle(x, self.shuffle) if self.shuffle > 1 else x
        x = float32_head(self.head, self.body(x))
        x = F.pixel_shuffle(x, self.shuffle) if self.shuffle > 1 else x
        return _crop_to(x, whole)

    def padded_shape(self, spatial: tuple[int, ...]) -> tuple[int, ...]:
        """How large it makes a picture: of the smallest size at least, and where zeros surround it so that strides end evenly.

        Squares that are learnt from do. Where strides did not, the far edges would be surrounded by other zeros than any learnt
        with: half a decibel of an image of 193 pixels a side.
        """
        least = [2] * (len(spatial) - 2) + [SMALLEST, SMALLEST]
        return tuple(math.ceil(max(n, m) / k) * k for n, m, k in zip(spatial, least, self.multiples, strict=True))

    def _padded(self, x: torch.Tensor) -> torch.Tensor:
        extra = [size - n for size, n in zip(self.padded_shape(tuple(x.shape[2:])), x.shape[2:], strict=True)]
        pads = [pad for n in reversed(extra) for pad in (0, n)]
        return F.pad(x, pads, mode="replicate") if any(extra) else x


class _Scale(nn.Module):
    """One scale: shrink, do the coarser scales, enlarge, join with what was carried across."""

    def __init__(self, a: Architecture, level: int, c_in: int) -> None:
        super().__init__()
        width = a.channels[level]
        last = level + 1 == len(a.channels)
        self.up = "trilinear" if a.dims == 3 and a.up == "bilinear" else a.up
        self.skip = _block(a, c_in, a.skip, kernel=1) if a.skip else None
        self.stride = a.stride(level)
        self.down = nn.Sequential(_block(a, c_in, width, stride=self.stride), _block(a, width, width))
        self.coarser = None if last else _Scale(a, level + 1, width)
        c_joined = a.skip + (width if last else a.channels[level + 1])
        self.normalise = NORMALISATION[a.dims](c_joined)
        self.draw = nn.Sequential(
            _block(a, c_joined, width), *([_block(a, width, width, kernel=1)] if a.pointwise else [])
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.down(x)
        y = y if self.coarser is None else self.coarser(y)
        corners = None if self.up == "nearest" else False
        y = channels_last_gradient(F.interpolate(y, scale_factor=self.stride, mode=self.up, align_corners=corners))
        y = _crop_to(y, x.shape)  # odd sizes: a stride of 2 rounds up
        # One expression: what was joined is not held on to while the rest is drawn, where nothing needs it for a gradient.
        y = self.normalise(y if self.skip is None else torch.cat([channels_last_gradient(self.skip(x)), y], 1))
        out: torch.Tensor = self.draw(y)
        return out


def _crop_to(x: torch.Tensor, shape: torch.Size) -> torch.Tensor:
    """Without what reaches beyond (y, x) or (z, y, x) of `shape` at the far edges.

    A cut that cuts nothing would still cost the gradient a copy, and in another layout.
    """
    for axis in range(2, len(shape)):
        if x.shape[axis] > shape[axis]:
            x = x.narrow(axis, 0, shape[axis])
    return x


def _block(
    a: Architecture, c_in: int, c_out: int, *, kernel: int = 3, stride: int | tuple[int, ...] = 1
) -> nn.Sequential:
    """Convolution, batch normalisation, leaky rectifier."""
    convolution = CONVOLUTION[a.dims](c_in, c_out, kernel, stride, padding=kernel // 2, padding_mode=a.padding)
    return nn.Sequential(convolution, NORMALISATION[a.dims](c_out), nn.LeakyReLU(0.2, inplace=True))
