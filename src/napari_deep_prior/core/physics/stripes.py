"""Stripes: an offset for each column or row of the detector, fitted together with the image."""

from __future__ import annotations

import math
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import nn

from napari_deep_prior.core.physics.forward_model import ForwardModel

_HALF_WIDTH = 15
"""Stripes are narrower than 2 * _HALF_WIDTH + 1 pixels. What is broader across them is background, and left alone."""


class Stripes(ForwardModel):
    """The wanted image plus stripes, whose strength changes slowly along them.

    The offsets start from medians of the image, so that hardly any stripe is left for the network to draw, and are
    fitted slowly from there.

    Parameters
    ----------
    observed
        (1, c, y, x).
    vertical
        Whether the stripes are columns; rows otherwise.
    length
        Pixels along a stripe over which its strength may change.
    """

    learning_rate_factor: ClassVar[float] = 0.05

    def __init__(self, observed: torch.Tensor, *, vertical: bool, length: int) -> None:
        super().__init__()
        self._vertical, self._shape = vertical, observed.shape
        upright = observed if vertical else observed.mT
        parts = max(1, math.ceil(upright.shape[2] / length))
        medians = [part.median(2).values for part in _high_pass(upright).tensor_split(parts, 2)]
        self.offsets = nn.Parameter(torch.stack(medians, 2))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.stripes()

    def remove_nuisance(self, observed: torch.Tensor) -> torch.Tensor:
        return observed - self.stripes()

    def stripes(self) -> torch.Tensor:
        """(1, c, y, x): what the detector has added."""
        size = self._shape[-2:] if self._vertical else self._shape[-2:][::-1]
        narrow = _high_pass(self.offsets)
        stripes = F.interpolate(narrow, size=tuple(size), mode="bilinear", align_corners=False)
        return stripes if self._vertical else stripes.mT


def are_vertical(observed: torch.Tensor) -> bool:
    """Whether the columns of (1, c, y, x) differ more from their neighbours than the rows do."""
    columns, rows = (_high_pass(x).mean(2).square().mean() for x in (observed, observed.mT))
    return bool(columns >= rows)


def _high_pass(x: torch.Tensor) -> torch.Tensor:
    """Each row minus its running mean."""
    side = min(_HALF_WIDTH, x.shape[-1] - 1)
    if side == 0:
        return torch.zeros_like(x)
    padded = F.pad(x, (side, side, 0, 0), mode="reflect")
    return x - F.avg_pool2d(padded, (1, 2 * side + 1), 1)
