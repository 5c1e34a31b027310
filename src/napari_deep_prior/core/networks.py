"""The skip hourglass of the paper, its thin kin and a plain chain, in 2D and 3D, for any number of channels and any size.

The prior is the architecture: Ulyanov et al. 2018, section 3 and supplement; code-free re-implementation from the
paper's figure 21. Departures, each a field of `Architecture`: fewer channels at full resolution, work at half
resolution with a pixel-shuffled output (Shi et al., CVPR 2016), zero padding, no 1x1 convolutions.
"""

from __future__ import annotations

import dataclasses
import math
from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import nn

SMALLEST = 8
"""Images are grown to at least this many pixels a side, so that batch statistics exist at every scale."""

FLATTEST = 4
"""Volumes are not made coarser along z than this many planes; one that has fewer keeps all of them at every scale."""

_CONVOLUTION: dict[int, Any] = {2: nn.Conv2d, 3: nn.Conv3d}
_NORMALISATION: dict[int, Any] = {2: nn.BatchNorm2d, 3: nn.BatchNorm3d}
_LAYOUT = {2: torch.channels_last, 3: torch.channels_last_3d}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Architecture:
    """Shape of a skip hourglass.

    `channels` per scale from fine to coarse, `skip` channels carried across each scale (0 = none), `up` how it is
    enlarged, `shuffle` the factor by which the finest scale is coarser than the image, `pointwise` a 1x1 convolution
    after each enlarging one, `padding` of the 3x3 convolutions, `head_scale` shrinks the start of the last layer. Of `dims`
    3, which leave no room for a shuffle, the `along_z` coarsest scales halve z as well as y and x: planes are mostly
    farther apart than pixels. A `chain` of more than 0 is so many convolutions of `channels[0]` in a row instead.
    """

    channels: tuple[int, ...]
    skip: int
    up: Literal["bilinear", "nearest"] = "bilinear"
    shuffle: int = 1
    pointwise: bool = True
    padding: Literal["reflect", "zeros"] = "reflect"
    head_scale: float = 1.0
    dims: Literal[2, 3] = 2
    along_z: int = 0
    chain: int = 0

    def for_shape(self, spatial: tuple[int, ...]) -> Architecture:
        """No deeper than the image allows: the coarsest scale keeps at least 2 pixels a side, and `FLATTEST` planes."""
        side = max(SMALLEST, min(spatial[-2:])) // self.shuffle
        depth = min(len(self.channels), max(1, math.floor(math.log2(side)) - 1))
        halvings = max(0, math.floor(math.log2(spatial[0] / FLATTEST))) if self.dims == 3 else 0
        return dataclasses.replace(self, channels=self.channels[:depth], along_z=min(depth, halvings))

    def stride(self, level: int) -> tuple[int, ...]:
        """By how much the scale below `level` is coarser, per axis."""
        deep = (2 if level >= len(self.channels) - self.along_z else 1,) if self.dims == 3 else ()
        return (*deep, 2, 2)


class Hourglass(nn.Module):
    """Image-like input (1, c_in, [z,] y, x) of any size -> (1, c_out, [z,] y, x), before the last sigmoid."""

    def __init__(self, architecture: Architecture, c_in: int, c_out: int) -> None:
        super().__init__()
        a = architecture
        self.shuffle, self.layout = a.shuffle, _LAYOUT[a.dims]
        even = a.shuffle * 2 ** len(a.channels) if a.padding == "zeros" else a.shuffle
        self.multiples = [*(1,) * (a.dims - 2), even, even]
        self.body = _Scale(a, 0, c_in * a.shuffle**2)
        self.head = _CONVOLUTION[a.dims](a.channels[0], c_out * a.shuffle**2, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        whole = x.shape
        x = self._padded(x.contiguous(memory_format=self.layout))
        x = F.pixel_unshuffle(x, self.shuffle) if self.shuffle > 1 else x
        x = _in_full(self.head, self.body(x))
        x = F.pixel_shuffle(x, self.shuffle) if self.shuffle > 1 else x
        return _cut(x, whole)

    def grown(self, spatial: tuple[int, ...]) -> tuple[int, ...]:
        """How large it makes a picture: of the smallest size at least, and where zeros surround it so that strides end evenly.

        Squares that are learnt from do. Where strides did not, the far edges would be surrounded by other zeros than any learnt
        with: half a decibel of an image of 193 pixels a side.
        """
        least = [2] * (len(spatial) - 2) + [SMALLEST, SMALLEST]
        return tuple(math.ceil(max(n, m) / k) * k for n, m, k in zip(spatial, least, self.multiples, strict=True))

    def _padded(self, x: torch.Tensor) -> torch.Tensor:
        extra = [size - n for size, n in zip(self.grown(tuple(x.shape[2:])), x.shape[2:], strict=True)]
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
        self.normalise = _NORMALISATION[a.dims](c_joined)
        self.draw = nn.Sequential(
            _block(a, c_joined, width), *([_block(a, width, width, kernel=1)] if a.pointwise else [])
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.down(x)
        y = y if self.coarser is None else self.coarser(y)
        corners = None if self.up == "nearest" else False
        y = _laid_out(F.interpolate(y, scale_factor=self.stride, mode=self.up, align_corners=corners))
        y = _cut(y, x.shape)  # odd sizes: a stride of 2 rounds up
        # One expression: what was joined is not held on to while the rest is drawn, where nothing needs it for a gradient.
        y = self.normalise(y if self.skip is None else torch.cat([_laid_out(self.skip(x)), y], 1))
        out: torch.Tensor = self.draw(y)
        return out


class Chain(nn.Module):
    """3 x 3 convolutions in a row at full resolution, without normalisation (as in Shocher et al., CVPR 2018).

    For an input that is the wanted picture already but for its finest detail: what is coarser is told by nobody else better,
    and a batch's own statistics differ between the squares that are learnt from and the whole that is drawn.
    """

    def __init__(self, architecture: Architecture, c_in: int, c_out: int) -> None:
        super().__init__()
        convolution, width = _CONVOLUTION[architecture.dims], architecture.channels[0]
        links: list[nn.Module] = []
        for link in range(architecture.chain):
            links += [convolution(width if link else c_in, width, 3, padding=1), nn.LeakyReLU(0.1, inplace=True)]
        self.body, self.layout = nn.Sequential(*links), _LAYOUT[architecture.dims]
        self.head = convolution(width, c_out, 1)

    def grown(self, spatial: tuple[int, ...]) -> tuple[int, ...]:
        """How large it makes a picture: no larger."""
        return spatial

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return _in_full(self.head, self.body(x.contiguous(memory_format=self.layout)))


Network = Hourglass | Chain


def _in_full(head: nn.Module, x: torch.Tensor) -> torch.Tensor:
    """The picture itself, drawn in float32: bfloat16 has 8 bits and would quantise it."""
    with torch.autocast(x.device.type, enabled=False):
        return _laid_out(head(_laid_out(x).float()))


def _laid_out(x: torch.Tensor) -> torch.Tensor:
    """As it is, but its gradient will come in channels-last.

    The gradient of what was joined to something else is a part of a larger one, that of a picture is laid out as what it was
    compared with, and where layouts differ PyTorch's kernels for processors take ten to twenty times as long.
    """

    def laid(gradient: torch.Tensor) -> torch.Tensor:
        return gradient.contiguous(memory_format=_LAYOUT[gradient.ndim - 2])

    if x.requires_grad:
        x.register_hook(laid)  # type: ignore[no-untyped-call]
    return x


def _cut(x: torch.Tensor, shape: torch.Size) -> torch.Tensor:
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
    convolution = _CONVOLUTION[a.dims](c_in, c_out, kernel, stride, padding=kernel // 2, padding_mode=a.padding)
    return nn.Sequential(convolution, _NORMALISATION[a.dims](c_out), nn.LeakyReLU(0.2, inplace=True))


def drawn(architecture: Architecture, c_in: int, c_out: int, generator: torch.Generator) -> Network:
    """A network on the CPU with all weights drawn from `generator`, by PyTorch's own default distribution, in channels-last.

    PyTorch's constructors draw from the global generator; a private one gives the same bits whatever else runs in the
    process, and leaves everybody else's random numbers alone.
    """
    with torch.device("meta"):  # shapes only: nothing is drawn
        network = (Chain if architecture.chain else Hourglass)(architecture, c_in, c_out)
    _make_room(network)
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


def _make_room(network: nn.Module) -> None:
    """Memory for a network of which only the shapes are known yet.

    As `to_empty`, for which PyTorch imports its compiler and SymPy: 2 s at the first fit of every process.
    """
    for module in network.modules():
        for name, weight in list(module.named_parameters(recurse=False)):
            setattr(module, name, nn.Parameter(torch.empty(weight.shape, dtype=weight.dtype)))
        for name, buffer in list(module.named_buffers(recurse=False)):
            setattr(module, name, torch.empty(buffer.shape, dtype=buffer.dtype))
