"""Fresh noise of a given correlation."""

from __future__ import annotations

import functools

import numpy as np
import torch
from numpy.typing import NDArray

from napari_deep_prior.core.imaging.symmetries import Symmetry, identity


class CorrelatedNoise:
    """Gaussian noise of a given correlation.

    Parameters
    ----------
    lags
        Correlation at the lags (dy, dx), an odd square table with 1 in its middle; ((1,),) for independent pixels.
    draws
        Generator on the device of the noise.
    """

    def __init__(self, lags: tuple[tuple[float, ...], ...], draws: torch.Generator) -> None:
        self._lags, self._draws = lags, draws
        self._amplitude = functools.cache(self._measured)

    def sample(self, deviation: torch.Tensor, turn: Symmetry = identity) -> torch.Tensor:
        """Noise of this standard deviation per pixel, (n, c, y, x), turned as that is; different at each call."""
        white = torch.empty_like(deviation).normal_(generator=self._draws)
        if len(self._lags) == 1:
            return white * deviation
        shape = white.shape[-2:]
        blurred: torch.Tensor = torch.fft.irfft2(torch.fft.rfft2(white) * self._amplitude(shape, white.device), s=shape)
        return turn(blurred).mul(deviation)

    def _measured(self, shape: tuple[int, ...], device: torch.device) -> torch.Tensor:
        return spectral_filter(np.array(self._lags), shape).to(device)


def spectral_filter(lags: NDArray[np.float64], shape: tuple[int, ...]) -> torch.Tensor:
    """Factor per frequency, (y, x // 2 + 1), that gives white noise this correlation and leaves its variance.

    Tapered towards the largest lag, so that the power spectrum of a few measured lags is hardly ever negative.
    """
    far = len(lags) // 2
    taper = 1 - (np.arange(-far, far + 1) / (far + 1)) ** 2
    placed = np.zeros(shape)
    for y, x in np.ndindex(lags.shape):
        placed[(y - far) % shape[0], (x - far) % shape[1]] += lags[y, x] * taper[y] * taper[x]
    power = np.maximum(np.fft.fft2(placed).real, 0)
    half = np.sqrt(power / power.mean())[:, : shape[1] // 2 + 1]
    return torch.from_numpy(half.astype(np.float32))
