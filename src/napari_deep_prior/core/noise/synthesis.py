"""Synthesis of noise with a given correlation."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from napari_deep_prior.core.imaging.symmetries import Symmetry, identity


class CorrelatedNoise:
    """Gaussian noise of a given correlation.

    Parameters
    ----------
    autocorrelation
        Correlation at the lags (dy, dx): a square table of odd side with 1 in its middle; ((1,),) for independent pixels.
    generator
        Source of randomness, on the device of the noise.
    """

    def __init__(self, autocorrelation: tuple[tuple[float, ...], ...], generator: torch.Generator) -> None:
        self._autocorrelation, self._generator = autocorrelation, generator
        self._filters: dict[tuple[tuple[int, ...], torch.device], torch.Tensor] = {}

    def sample(self, std: torch.Tensor, symmetry: Symmetry = identity) -> torch.Tensor:
        """New noise at each call.

        Parameters
        ----------
        std
            Standard deviation of each pixel, (n, c, y, x).
        symmetry
            Symmetry under which `std` was flipped or transposed: the correlation is treated in the same way.

        Returns
        -------
        Tensor
            (n, c, y, x), with mean 0.
        """
        white = torch.empty_like(std).normal_(generator=self._generator)
        if len(self._autocorrelation) == 1:
            return white * std
        shape = white.shape[-2:]
        spectrum = torch.fft.rfft2(white) * self._filter(shape, white.device)
        correlated: torch.Tensor = torch.fft.irfft2(spectrum, s=shape)
        return symmetry(correlated).mul(std)

    def _filter(self, shape: tuple[int, ...], device: torch.device) -> torch.Tensor:
        """Made once for each shape."""
        if (shape, device) not in self._filters:
            self._filters[shape, device] = spectral_filter(np.array(self._autocorrelation), shape).to(device)
        return self._filters[shape, device]


def spectral_filter(autocorrelation: NDArray[np.float64], shape: tuple[int, ...]) -> torch.Tensor:
    """Gain per frequency that gives white noise this correlation and keeps its variance.

    The table is tapered towards its largest lag, so that the power spectrum of a few measured lags is hardly ever negative.

    Parameters
    ----------
    autocorrelation
        As for `CorrelatedNoise`.
    shape
        (y, x) of the noise.

    Returns
    -------
    Tensor
        (y, x // 2 + 1), float32, for `torch.fft.rfft2`.
    """
    reach = len(autocorrelation) // 2
    taper = 1 - (np.arange(-reach, reach + 1) / (reach + 1)) ** 2
    wrapped = np.zeros(shape)
    for y, x in np.ndindex(autocorrelation.shape):
        wrapped[(y - reach) % shape[0], (x - reach) % shape[1]] += autocorrelation[y, x] * taper[y] * taper[x]
    power = np.maximum(np.fft.fft2(wrapped).real, 0)
    gain = np.sqrt(power / power.mean())[:, : shape[1] // 2 + 1]
    return torch.from_numpy(gain.astype(np.float32))
