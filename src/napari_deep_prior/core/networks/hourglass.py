"""The skip hourglass of Deep Image Prior, in 2D and 3D, for any number of channels and any size.

The prior is the architecture (Ulyanov, Vedaldi, Lempitsky, CVPR 2018, section 3 and supplement); implemented from figure 21
of the paper alone. Departures, each a field of `Architecture`: fewer channels at full resolution, work at half resolution with
a pixel-shuffled output (Shi et al., CVPR 2016), zero padding, no 1 x 1 convolutions.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import nn

from napari_deep_prior.core.networks.architecture import MIN_SIDE, Architecture
from napari_deep_prior.core.networks.layers import (
    CONVOLUTION,
    LAYOUT,
    NORMALISATION,
    channels_last_gradient,
    float32_head,
)


class Hourglass(nn.Module):
    """(1, c_in, [z,] y, x) of any size -> (1, c_out, [z,] y, x), before the activation of the last layer."""

    def __init__(self, architecture: Architecture, c_in: int, c_out: int) -> None:
        super().__init__()
        a = architecture
        self.shuffle, self.layout = a.shuffle, LAYOUT[a.dims]
        multiple = a.shuffle * 2 ** len(a.channels) if a.padding == "zeros" else a.shuffle
        self.multiples = [*(1,) * (a.dims - 2), multiple, multiple]
        self.body = _Scale(a, 0, c_in * a.shuffle**2)
        self.head = CONVOLUTION[a.dims](a.channels[0], c_out * a.shuffle**2, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        shape = x.shape
        x = self._pad(x.contiguous(memory_format=self.layout))
        x = F.pixel_unshuffle(x, self.shuffle) if self.shuffle > 1 else x
        x = float32_head(self.head, self.body(x))
        x = F.pixel_shuffle(x, self.shuffle) if self.shuffle > 1 else x
        return _crop_to(x, shape)

    def padded_shape(self, spatial: tuple[int, ...]) -> tuple[int, ...]:
        """Shape in which an image of this ([z,] y, x) is processed.

        At least `MIN_SIDE` a side, and with zero padding a multiple of all strides, as the patches of the training are.
        Otherwise the zeros at the far edges would lie elsewhere than in training, which costs half a decibel of an image
        of 193 pixels a side.
        """
        min_shape = [2] * (len(spatial) - 2) + [MIN_SIDE, MIN_SIDE]
        return tuple(math.ceil(max(n, m) / k) * k for n, m, k in zip(spatial, min_shape, self.multiples, strict=True))

    def _pad(self, x: torch.Tensor) -> torch.Tensor:
        extra = [size - n for size, n in zip(self.padded_shape(tuple(x.shape[2:])), x.shape[2:], strict=True)]
        pads = [pad for n in reversed(extra) for pad in (0, n)]
        return F.pad(x, pads, mode="replicate") if any(extra) else x


class _Scale(nn.Module):
    """One scale: reduce, process the coarser scales, enlarge, and combine with the skip connection."""

    def __init__(self, a: Architecture, level: int, c_in: int) -> None:
        super().__init__()
        width = a.channels[level]
        coarsest = level + 1 == len(a.channels)
        self.interpolation = "trilinear" if a.dims == 3 and a.up == "bilinear" else a.up
        self.skip = _block(a, c_in, a.skip, kernel=1) if a.skip else None
        self.stride = a.stride(level)
        self.down = nn.Sequential(_block(a, c_in, width, stride=self.stride), _block(a, width, width))
        self.coarser = None if coarsest else _Scale(a, level + 1, width)
        c_combined = a.skip + (width if coarsest else a.channels[level + 1])
        self.normalise = NORMALISATION[a.dims](c_combined)
        up = [_block(a, c_combined, width)]
        if a.pointwise:
            up.append(_block(a, width, width, kernel=1))
        self.up = nn.Sequential(*up)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.down(x)
        y = y if self.coarser is None else self.coarser(y)
        align_corners = None if self.interpolation == "nearest" else False
        y = F.interpolate(y, scale_factor=self.stride, mode=self.interpolation, align_corners=align_corners)
        y = _crop_to(channels_last_gradient(y), x.shape)  # odd sizes: a stride of 2 rounds up
        # One expression, so that the concatenated tensor is freed at once where no gradient needs it.
        y = self.normalise(y if self.skip is None else torch.cat([channels_last_gradient(self.skip(x)), y], 1))
        out: torch.Tensor = self.up(y)
        return out


def _crop_to(x: torch.Tensor, shape: torch.Size) -> torch.Tensor:
    """Cut off what reaches beyond (y, x) or (z, y, x) of `shape` at the far edges.

    An axis that already fits is left alone: to cut nothing would still cost the gradient a copy, in another memory format.
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
