"""Frequencies: some of the residual's Fourier coefficients are kept out of the fit, to judge it by where noise is correlated."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from napari_deep_prior.core.noise.estimate import Autocorrelation
from napari_deep_prior.core.optimisation.losses import Loss

_LOWEST = 0.05
"""Cycles per pixel from which on coefficients are held out: below it a few of them are the picture."""

_FLOOR = 0.05
"""Least power of the noise that is believed at any frequency, in units of its mean."""


class Frequencies:
    """Which Fourier coefficients of a plane's residual are kept out of the fit, and what the noise is at each.

    A pixel of correlated noise can be guessed from its neighbours, so the error on pixels that are kept out goes on falling
    while noise is drawn. The Fourier coefficients of stationary noise are nearly independent however it is correlated:
    those that are kept out cannot be guessed from the others.

    Parameters
    ----------
    shape
        ([z,] y, x) of the image, all of which is known; of a volume the planes are transformed.
    share
        Of the coefficients above the lowest frequencies.
    lags
        Correlation of the noise, as in `Noise`.
    generator
        The CPU's: the same coefficients on every device.
    """

    def __init__(
        self,
        shape: tuple[int, ...],
        share: float,
        lags: Autocorrelation,
        generator: torch.Generator,
        device: torch.device,
    ) -> None:
        self._shape = shape = shape[-2:]
        fy, fx = torch.fft.fftfreq(shape[0])[:, None], torch.fft.rfftfreq(shape[1])[None]
        chosen = torch.rand(shape[0], shape[1] // 2 + 1, generator=generator) < share
        # Those of the first column and the last come in conjugate pairs, of which one would tell the other.
        held = chosen & (torch.hypot(fy, fx) > _LOWEST) & (fx > 0) & (fx < 0.5)
        power = torch.from_numpy(spectrum(lags, shape)).float()
        self._fitted = (~held).float().to(device)
        self._judged = (held / power).to(device) / max(1, int(held.sum()))

    def without(self, misfit: Loss) -> Loss:
        """The misfit as it is without these coefficients: the observed image is given those that were drawn."""

        def told(fitted: torch.Tensor, observed: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
            off = torch.fft.rfft2(fitted - observed) * self._fitted
            return misfit(observed + torch.fft.irfft2(off, self._shape), observed, weight)

        return told

    def error(self, residual: torch.Tensor) -> torch.Tensor:
        """Mean power of the kept-out coefficients in units of the noise's at each frequency; a scalar tensor."""
        power = torch.fft.rfft2(residual, norm="ortho").abs().square()
        judged: torch.Tensor = (power * self._judged).sum((-2, -1)).mean()
        return judged


def held_out(
    observed: torch.Tensor, share: float, lags: Autocorrelation, seed: int, device: torch.device
) -> Frequencies | None:
    """So large a share of the coefficients of an image (1, c, [z,] y, x); None where it is 0."""
    generator = torch.Generator().manual_seed(seed)
    return Frequencies(tuple(observed.shape[2:]), share, lags, generator, device) if share else None


def spectrum(lags: Autocorrelation, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """(y, x // 2 + 1): power of noise of mean 1 with this correlation; never less than a twentieth of the mean."""
    table = np.asarray(lags, np.float64)
    far = len(table) // 2
    wave = [
        np.exp(-2j * np.pi * np.outer(f, np.arange(-far, far + 1)))
        for f in (np.fft.fftfreq(shape[0]), np.fft.rfftfreq(shape[1]))
    ]
    power: NDArray[np.float64] = np.maximum((wave[0] @ table @ wave[1].T).real, _FLOOR)
    return power
