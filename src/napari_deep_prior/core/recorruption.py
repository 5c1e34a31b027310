"""Fresh noise like the image's own, for splitting one noisy image into two with independent noise."""

from __future__ import annotations

import functools
import math

import numpy as np
import torch
from numpy.typing import NDArray

from napari_deep_prior.core.losses import weighted_mean
from napari_deep_prior.core.turns import Turn, as_is

ALPHA = 0.9
"""Share of the added noise; small is closer to the image as it is, large makes the target less noisy."""


class NoiseSource:
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

    def draw(self, deviation: torch.Tensor, turn: Turn = as_is) -> torch.Tensor:
        """Noise of this standard deviation per pixel, (n, c, y, x), turned as that is; different at each call."""
        white = torch.empty_like(deviation).normal_(generator=self._draws)
        if len(self._lags) == 1:
            return white * deviation
        shape = white.shape[-2:]
        blurred: torch.Tensor = torch.fft.irfft2(torch.fft.rfft2(white) * self._amplitude(shape, white.device), s=shape)
        return turn(blurred).mul(deviation)

    def _measured(self, shape: tuple[int, ...], device: torch.device) -> torch.Tensor:
        return amplitude(np.array(self._lags), shape).to(device)


def amplitude(lags: NDArray[np.float64], shape: tuple[int, ...]) -> torch.Tensor:
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


def split(
    observed: torch.Tensor, noise: torch.Tensor, noisy: torch.Tensor | None = None
) -> tuple[torch.Tensor, torch.Tensor]:
    """Two images of the same picture whose noises are independent of each other, if `noise` is like the observed one's.

    `noisy` (n, 1, y, x) is 0 where the observed image is clean: there the first gets as much noise as it has elsewhere, and
    the second is the clean image itself. None: noisy everywhere.

    Notes
    -----
    ``y + a n`` and ``y - n / a``: the covariance of the two is Var(y | x) - Var(n) = 0, and uncorrelated Gaussians are
    independent (Pang et al., Recorrupted-to-Recorrupted, CVPR 2021). A network that predicts the second from the first
    therefore learns the picture as from pairs of exposures (Noise2Noise, Lehtinen et al., ICML 2018).
    """
    shown, target = observed + ALPHA * noise, observed - noise / ALPHA
    if noisy is None:
        return shown, target
    clean = observed + math.hypot(1, ALPHA) * noise
    return torch.where(noisy > 0, shown, clean), torch.where(noisy > 0, target, observed)


def risk(
    degraded: torch.Tensor, observed: torch.Tensor, target: torch.Tensor, before: torch.Tensor, where: torch.Tensor
) -> torch.Tensor:
    """Squared error to the other half of a split image, less the known noise in that: unbiased, as the half was not fitted.

    ``(f - y2)^2`` with y2 = y - n / a, without the terms that do not depend on f, and f measured from the result `before`,
    which knows nothing of this step's n: the same mean, far less variance. Less still in the mean over n and -n.
    """
    noise = observed - target
    return weighted_mean((degraded - observed).square() + 2 * (degraded - before) * noise, where)
