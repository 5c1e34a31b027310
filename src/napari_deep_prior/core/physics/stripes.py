"""Stripes: fitted rows or columns."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import nn

from napari_deep_prior.core.physics.forward_model import ForwardModel

_REACH = 15
"""Stripes are narrower than twice this many pixels: what is broader across them is background, and left alone."""


class Stripes(ForwardModel):
    """A value for every column (or row), which changes slowly along it and has nothing broad across.

    It starts from medians, so that the network finds hardly any stripes to draw, and is fitted slowly from there.
    """

    rate = 0.05

    def __init__(self, observed: torch.Tensor, vertical: bool, length: int) -> None:
        super().__init__(lambda x: x + self.stripes())
        self._vertical, self._shape = vertical, observed.shape
        upright = observed if vertical else observed.mT
        pieces = max(1, math.ceil(upright.shape[2] / length))
        rough = [piece.median(2).values for piece in _across(upright).tensor_split(pieces, 2)]
        self.heights = nn.Parameter(torch.stack(rough, 2))

    def undo(self, observed: torch.Tensor) -> torch.Tensor:
        return observed - self.stripes()

    def stripes(self) -> torch.Tensor:
        """(1, c, y, x): what was added."""
        size = self._shape[-2:] if self._vertical else self._shape[-2:][::-1]
        fine = _across(self.heights)
        whole = F.interpolate(fine, size=tuple(size), mode="bilinear", align_corners=False)
        return whole if self._vertical else whole.mT


def _across(x: torch.Tensor) -> torch.Tensor:
    """The fine part of each row: itself less its running mean."""
    reach = min(_REACH, x.shape[-1] - 1)
    if reach == 0:
        return torch.zeros_like(x)
    wide = F.pad(x, (reach, reach, 0, 0), mode="reflect")
    return x - F.avg_pool2d(wide, (1, 2 * reach + 1), 1)
