"""Noise of one image and of its patches: variance over brightness, and what patches near by have in common."""

from __future__ import annotations

import dataclasses

import torch
import torch.nn.functional as F

_PERIOD = 128
"""Lags are counted modulo so many pixels: more than twice the distance of two patches that are compared."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PatchNoise:
    """Variance ``slope * x + base`` over brightness, and correlation at the lags (dy, dx) modulo 128; None: independent."""

    slope: float
    base: float
    correlation: torch.Tensor | None

    def variance(self, level: torch.Tensor) -> torch.Tensor:
        """Of the noise at this brightness, of an image of variance 1 around 0."""
        return (self.slope * level + self.base).clamp(min=max(0.01 * self.base, 1e-8))

    def shared(self, energy: torch.Tensor, y: torch.Tensor, x: torch.Tensor) -> torch.Tensor | None:
        """(..., k) energies and places -> (..., k, k): expected product of the noise of two patches; None: 0 for all pairs."""
        if self.correlation is None:
            return None
        down, right = (place[..., :, None] - place[..., None, :] for place in (y, x))
        size = energy.sqrt()
        return size[..., :, None] * size[..., None, :] * self.correlation[down, right]


def positive_correlation(lags: torch.Tensor) -> torch.Tensor | None:
    """(n, n) -> (128, 128): at lags modulo 128, tapered towards the largest measured, its power spectrum nowhere negative.

    None for a 1 x 1 table, which is that of independent pixels.
    """
    if len(lags) == 1:
        return None
    far = len(lags) // 2
    taper = 1 - (torch.arange(-far, far + 1, device=lags.device) / (far + 1)) ** 2
    placed = lags.new_zeros((_PERIOD, _PERIOD))
    placed[: len(lags), : len(lags)] = lags * taper * taper[:, None]
    power = torch.fft.fft2(placed.roll((-far, -far), (0, 1))).real.clamp(min=0)
    found = torch.fft.ifft2(power).real
    normalised: torch.Tensor = found / found[0, 0]
    return normalised


def halved_correlation(lags: torch.Tensor) -> tuple[float, torch.Tensor]:
    """Variance of the mean of 2 x 2 pixels in terms of theirs, and the table of the correlation of such means."""
    profile = torch.tensor([0.25, 0.5, 0.25], device=lags.device)
    means = F.conv2d(F.pad(lags, (2, 2, 2, 2))[None, None], (profile * profile[:, None])[None, None])[0, 0]
    middle = len(means) // 2
    table = means[middle % 2 :: 2, middle % 2 :: 2]
    own = means[middle, middle].clamp(min=0.01)
    return float(own), table / own
