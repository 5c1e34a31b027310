"""Perturbation: a change of an image that tells how much of its noise a denoiser lets through."""

from __future__ import annotations

import dataclasses
import math

import torch

from napari_deep_prior.core.noise.estimate import NoiseEstimate
from napari_deep_prior.core.noise.photons import counts_photons, photon_spread
from napari_deep_prior.core.noise.synthesis import CorrelatedNoise

_AMPLITUDE = 0.1
"""Of Gaussian perturbations, in units of the noise."""

_DENSITY, _MOST_DENSE, _FEWEST = 0.02, 0.2, 2000
"""Share of the pixels that get a photon, and the most of it in small images, for so many photons: many change the picture for each
other (at 0.1 what NL-Ridge lets through is told 16 % too small, see docs/estimates.md), few tell little."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Perturbation:
    """For noise n and a denoiser f, ``E f(y) n`` is the mean of ``weight * (f(y + change) - f(y))``.

    Attributes
    ----------
    change, weight
        Like the image, (1, c, y, x).

    Notes
    -----
    The expected product of a result and the noise is the covariance penalty of Efron [1]_. Gaussian noise of variance V has
    ``E f_i n_i = V E df_i/dy_i`` [2]_, which a small change b of the same covariance finds: ``E b (f(y + h b) - f(y)) / h`` [3]_.

    Few photons are no Gaussian noise: what total variation or a network makes of a whole photon more is not what it makes of a small
    part of one. If each photon adds a random height h, ``E f_i n_i = V / g E (f_i(y + h' e_i) - f_i(y))``, where ``g = E h^2 / E h`` is
    the slope of the variance over the brightness, and h' a height taken as often as it is large, of mean g (the formula of
    Mecke [4]_; for equal heights that of Chen and Stein). The spread of h' is told by the skewness: the third cumulant of the noise
    is ``V E h'^2 / g``. Photons are added at some places S at once, each with the probability p: what the others do at i is as likely
    whether i is in S or not, so the weight ``V / g (1_S - p) / (p (1 - p))`` takes it out.

    References
    ----------
    .. [1] Efron, B. (2004). The estimation of prediction error: covariance penalties and cross-validation. Journal of the American
       Statistical Association 99(467), 619-632.
    .. [2] Stein, C. M. (1981). Estimation of the mean of a multivariate normal distribution. Annals of Statistics 9(6).
    .. [3] Ramani, S., Blu, T. and Unser, M. (2008). Monte-Carlo SURE: a black-box optimization of regularization parameters for
       general denoising algorithms. IEEE Transactions on Image Processing 17(9), 1540-1554.
    .. [4] Last, G. and Penrose, M. (2017). Lectures on the Poisson Process, chapter 4. Cambridge University Press.
    """

    change: torch.Tensor
    weight: torch.Tensor


def perturbation(
    std: torch.Tensor, noise: NoiseEstimate, photon: torch.Tensor | float, generator: torch.Generator
) -> Perturbation:
    """That for noise as measured.

    Parameters
    ----------
    std
        Standard deviation of the noise at each place, (1, c, y, x).
    noise
        What is known of its correlation and skewness.
    photon
        Slope of its variance over the brightness in the units of `std`, a number or (c, 1, 1).
    generator
        Source of randomness, on the device of `std`.
    """
    if counts_photons(noise):
        return _photons(std, photon, photon_spread(noise), generator)
    change = CorrelatedNoise(noise.usable_autocorrelation, generator).sample(std)
    return Perturbation(change=_AMPLITUDE * change, weight=change / _AMPLITUDE)


def _photons(
    std: torch.Tensor, photon: torch.Tensor | float, spread: float, generator: torch.Generator
) -> Perturbation:
    """`spread` is the variance of a height in units of its mean squared."""
    density = min(_MOST_DENSE, max(_DENSITY, _FEWEST / std.numel()))
    there = torch.empty_like(std).uniform_(generator=generator).lt(density).float()
    logarithm = math.log1p(spread)
    height = torch.empty_like(std).normal_(generator=generator).mul(math.sqrt(logarithm)).sub(logarithm / 2).exp()
    weight = std.square() / photon * (there - density) / (density * (1 - density))
    return Perturbation(change=there * height * photon, weight=weight)
