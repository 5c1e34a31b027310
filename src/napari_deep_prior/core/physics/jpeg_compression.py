"""A JPEG compressed once more, and what can be said of it by that."""

from __future__ import annotations

import dataclasses

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from napari_deep_prior.core.physics import jpeg, jpeg_compression
from napari_deep_prior.core.physics.forward_model import ForwardModel
from napari_deep_prior.core.physics.jpeg import SIDE

_NARROW = 0.35
"""Of a step: how far from the observed one a coefficient may lie. Half a step would have been rounded alike, but the ends are
less likely (Park and Lee, IEEE Transactions on Circuits and Systems for Video Technology 1999)."""

_CHROMA = 1.5
"""Steps of the hue in terms of those of the brightness, roughly as in the standard's tables; they are not measured."""

BESIDE = 2
"""Channels in which a network is shown where the blocks lie, see `block_position_channels`."""

_BRIGHTNESS = (0.299, 0.587, 0.114)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Compression:
    """The rounding that a picture has been through, (1, c, y, x) with one channel, or three in RGB.

    `units` (1, c, 1, 1) are the grey levels of each channel in the picture's own values, `steps` (8, 8) in grey levels.
    """

    units: torch.Tensor
    steps: torch.Tensor

    def compressed(self, x: torch.Tensor) -> torch.Tensor:
        """Squares or a whole, rounded from their own upper left corners on; incomplete blocks at the far edges stay."""
        levels = x / self.units
        if x.shape[1] == 1:
            return self.units * _rounded(levels, self.steps)
        bright = _brightness(levels)
        hue = levels - bright  # in which the brightness is 0, and stays so
        rows, columns = (n // 2 * 2 for n in x.shape[-2:])
        coarse = _rounded(F.avg_pool2d(hue, 2), _CHROMA * self.steps)
        rough = hue.clone()
        rough[..., :rows, :columns] = F.interpolate(coarse, scale_factor=2, mode="nearest")
        return self.units * (_rounded(bright, self.steps) + rough)

    def smoothed(self, x: torch.Tensor) -> torch.Tensor:
        """Mean of the picture compressed on all 64 grids (Nosratinia, IEEE workshop on multimedia signal processing 1999)."""
        total = torch.zeros_like(x)
        rows, columns = x.shape[-2:]
        for dy in range(SIDE):
            for dx in range(SIDE):
                grown = F.pad(x, (dx, -(columns + dx) % SIDE, dy, -(rows + dy) % SIDE), mode="replicate")
                total += self.compressed(grown)[..., dy : dy + rows, dx : dx + columns]
        return total / SIDE**2

    def within(self, x: torch.Tensor, measured: torch.Tensor) -> torch.Tensor:
        """The nearest picture that would have been rounded to the measured one; of colour, in its brightness."""
        off = (x - measured) / self.units
        coefficients = jpeg.block_dct(off if x.shape[1] == 1 else _brightness(off))
        reach = _NARROW * self.steps
        back = jpeg.inverse_block_dct(coefficients.clamp(-reach, reach) - coefficients, x[:, :1].shape)
        return x + self.units * back


def detect_compression(x: torch.Tensor) -> Compression | None:
    """What a picture (1, c, y, x) in any units tells of its compression; None: it has seen none that can be told."""
    if x.shape[1] not in (1, 3) or x.ndim != 4:
        return None
    units = torch.tensor([_unit(channel) for channel in x[0].cpu().double().numpy()], dtype=torch.float64)
    if not units.isfinite().all():
        return None
    levels = x.cpu().double() / units.view(1, -1, 1, 1)
    bright = levels if x.shape[1] == 1 else _brightness(levels)
    steps = jpeg.estimate_quantization_table(bright, 1.0, levels)
    if steps is None:
        return None
    steps[0, 0] = steps[0, 1]  # that of the mean does not show: the picture may have been shifted
    return Compression(units=units.view(1, -1, 1, 1).to(x), steps=steps.to(x))


def _unit(channel: NDArray[np.float64]) -> float:
    """The smallest difference of two pixels; NaN, where it is too small for eight bits."""
    levels = np.unique(channel)
    unit = float(np.diff(levels).min()) if len(levels) > 1 else np.nan
    return unit if unit > 1e-3 * (levels[-1] - levels[0]) else np.nan


def _brightness(x: torch.Tensor) -> torch.Tensor:
    weights = torch.tensor(_BRIGHTNESS, dtype=x.dtype, device=x.device)
    return (x * weights.view(1, 3, 1, 1)).sum(1, keepdim=True)


def _rounded(x: torch.Tensor, steps: torch.Tensor) -> torch.Tensor:
    """Each channel's coefficients rounded to multiples of the steps."""
    coefficients = jpeg.block_dct(x)
    return x + jpeg.inverse_block_dct(steps * torch.round(coefficients / steps) - coefficients, x.shape)


def block_position_channels(x: torch.Tensor) -> torch.Tensor:
    """(b, 2, y, x): how far each pixel lies from the middle of its block, 0 to 1, along y and x; the same after any turn of one."""
    off = [
        ((torch.arange(n, device=x.device) % SIDE).to(x) - (SIDE - 1) / 2).abs() * 2 / (SIDE - 1) for n in x.shape[-2:]
    ]
    return torch.stack(torch.meshgrid(*off, indexing="ij")).expand(len(x), -1, -1, -1)


_PULL = 0.3
"""How much the middle of a rounding interval is preferred to its ends."""


class Rounding(ForwardModel):
    """A coefficient within half a step of the observed one would have been rounded to it: as good as the observed."""

    def __init__(self, observed: torch.Tensor) -> None:
        super().__init__(self._rounded)
        found = jpeg_compression.detect_compression(observed)
        self.reach: torch.Tensor
        self.measured: torch.Tensor
        reach = torch.zeros(8, 8) if found is None else found.steps * float(found.units) / 2
        self.register_buffer("reach", reach.to(observed))
        self.register_buffer("measured", observed)

    def _rounded(self, x: torch.Tensor) -> torch.Tensor:
        off = jpeg.block_dct(x - self.measured)
        inside = off.clamp(-self.reach, self.reach)
        return x - (1 - _PULL) * jpeg.inverse_block_dct(inside, x.shape)
