"""HeldOutFrequencies: some Fourier coefficients of the residual are kept out of the fit and judge it where noise is correlated."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray

from napari_deep_prior.core.noise.estimate import Autocorrelation
from napari_deep_prior.core.optimisation.losses import Loss
from napari_deep_prior.core.sampling.observation import Observation
from napari_deep_prior.core.stopping._base import Choice, Criterion, HoldOut, Judged
from napari_deep_prior.core.stopping.rules import EarlyStopping

KEEP_GAIN = 0.015
"""`EarlyStopping.keep_gain` for this criterion: its error hardly rises where the last detail and the first noise are drawn together."""

_FRACTION = 0.05
"""Fraction of the coefficients that are held out."""

_LOWEST = 0.05
"""Cycles per pixel from which on coefficients are held out: below it a few of them are the image."""

_MIN_POWER = 0.05
"""Smallest power of the noise that is believed at any frequency, in units of its mean."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class HeldOutFrequencies(Criterion):
    """The residual's power in Fourier coefficients that are kept out of the fit, relative to the noise's.

    `fraction` of the coefficients but for the lowest; `autocorrelation` of the noise as in `NoiseEstimate`.
    """

    fraction: float
    autocorrelation: Autocorrelation

    def hold_out(self, observation: Observation, generator: torch.Generator) -> HoldOut:
        return _FrequenciesHeldOut(observation, self, generator)

    def notes(self) -> Iterator[str]:
        yield f"{self.fraction:.0%} of the residual's Fourier coefficients, but for the lowest, were kept out of the fit"


class _FrequenciesHeldOut(HoldOut):
    def __init__(self, observation: Observation, criterion: HeldOutFrequencies, generator: torch.Generator) -> None:
        super().__init__(observation, criterion.rule)
        device = observation.image.device
        self._frequencies = Frequencies(
            observation.shape, criterion.fraction, criterion.autocorrelation, generator, device
        )

    def fitted_misfit(self, misfit: Loss) -> Loss:
        return self._frequencies.without(misfit)

    def error(self, fit: Judged) -> float | None:
        return float(self._frequencies.error(fit.degraded_mean() - self.observation.image))


class Frequencies:
    """Which Fourier coefficients of a plane's residual are kept out of the fit, and what the noise is at each.

    A pixel of correlated noise can be guessed from its neighbours, so the error on pixels that are kept out goes on falling
    while the network draws noise. The Fourier coefficients of stationary noise are nearly independent however it is correlated:
    those that are kept out cannot be guessed from the others.

    Parameters
    ----------
    shape
        ([z,] y, x) of the image, all of which is known; of a volume the planes are transformed.
    fraction
        Fraction of the coefficients above the lowest frequencies.
    autocorrelation
        Of the noise, as in `NoiseEstimate`.
    generator
        On the CPU: the same coefficients on every device.
    """

    def __init__(
        self,
        shape: tuple[int, ...],
        fraction: float,
        autocorrelation: Autocorrelation,
        generator: torch.Generator,
        device: torch.device,
    ) -> None:
        self._shape = shape = shape[-2:]
        fy, fx = torch.fft.fftfreq(shape[0])[:, None], torch.fft.rfftfreq(shape[1])[None]
        chosen = torch.rand(shape[0], shape[1] // 2 + 1, generator=generator) < fraction
        # Those of the first column and the last come in conjugate pairs, of which one would tell the other.
        held = chosen & (torch.hypot(fy, fx) > _LOWEST) & (fx > 0) & (fx < 0.5)
        power = torch.from_numpy(spectrum(autocorrelation, shape)).float()
        self._fitted = (~held).float().to(device)
        self._judged = (held / power).to(device) / max(1, int(held.sum()))

    def without(self, misfit: Loss) -> Loss:
        """The misfit as it is without these coefficients: the observed image is given those of the output."""

        def remaining(fitted: torch.Tensor, observed: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
            residual = torch.fft.rfft2(fitted - observed) * self._fitted
            return misfit(observed + torch.fft.irfft2(residual, self._shape), observed, weight)

        return remaining

    def error(self, residual: torch.Tensor) -> torch.Tensor:
        """Mean power of the kept-out coefficients in units of the noise's at each frequency; a scalar tensor."""
        power = torch.fft.rfft2(residual, norm="ortho").abs().square()
        judged: torch.Tensor = (power * self._judged).sum((-2, -1)).mean()
        return judged


def spectrum(lags: Autocorrelation, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """(y, x // 2 + 1): power of noise of mean 1 with this correlation; never less than a twentieth of the mean."""
    table = np.asarray(lags, np.float64)
    far = len(table) // 2
    wave = [
        np.exp(-2j * np.pi * np.outer(f, np.arange(-far, far + 1)))
        for f in (np.fft.fftfreq(shape[0]), np.fft.rfftfreq(shape[1]))
    ]
    power: NDArray[np.float64] = np.maximum((wave[0] @ table @ wave[1].T).real, _MIN_POWER)
    return power


def _chosen(own: Criterion, all_known: bool, autocorrelation: Autocorrelation) -> Criterion:
    """In place of pixels that would be hidden, where nothing is missing."""
    if not (own.hides_pixels and all_known):
        return own
    rule = EarlyStopping(keep_gain=KEEP_GAIN)
    return HeldOutFrequencies(rule=rule, fraction=_FRACTION, autocorrelation=autocorrelation)


CHOICE = Choice(
    name="held-out-frequencies",
    order=1,
    help="for method deep-image-prior and noise that neighbouring pixels share, by Fourier coefficients kept out of the fit instead.",
    chosen=_chosen,
)
