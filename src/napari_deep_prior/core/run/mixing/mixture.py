"""Mixture: two results of one plane, in the shares of least estimated error; the image itself decides, not a constant."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

import torch

from napari_deep_prior.core.found import ErrorFound
from napari_deep_prior.core.noise.estimate import Autocorrelation
from napari_deep_prior.core.run.mixing.bands import Bands, decide
from napari_deep_prior.core.run.mixing.comparison import Comparison, Fitted, Part
from napari_deep_prior.core.run.mixing.expected_error import expected_error
from napari_deep_prior.core.run.mixing.means import Means
from napari_deep_prior.core.sampling.observation import Observation
from napari_deep_prior.core.solver.closed_form import ClosedFormSolver


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Mixture:
    """What was decided.

    Attributes
    ----------
    shares
        Weight of the first result: one for each strength of the noise in the image, from the least on. The second result has the
        rest.
    bands
        How the detail of the mixture is changed, see `core.run.mixing.bands`; empty: it is not.
    gain_on_first, gain_on_second
        By how much the estimated mean squared error of the mixture is less than that of each alone, in units of the noise's variance.
    error
        What is to be expected of the mixture; None: nothing can be told.

    All are NaN where the noise is beyond what numbers can hold.
    """

    shares: tuple[float, ...]
    gain_on_first: float
    gain_on_second: float
    error: ErrorFound | None = None
    bands: tuple[float, ...] = ()


def mixed(first: torch.Tensor, fit: Fitted, second: ClosedFormSolver, part: Part, observation: Observation) -> Mixture:
    """The shares of `first` in the mixture with the second result that have the least expected error.

    Parameters
    ----------
    first
        The result of the fit that is kept, (1, c, y, x) in tensor units.
    fit
        The fit, whose network tells how its results follow the observed image.
    second
        The other result, computed.
    part
        Where it is found out how that follows.
    observation
        Whose noise is known.

    Notes
    -----
    With y = x + n and the results f and g, the error of ``a f + (1 - a) g`` is a parabola in a, least at

        a = (E (f - g) (y - g) - E (f - g) n) / E (f - g)^2,

    and Stein's identity tells ``E f n`` from how f follows a small change of y by noise of the same covariance [1]_ [2]_; for
    few photons see `Perturbation`.
    The first result's weights are taken as they are: that they too were fitted to y changes little, as measured. How f
    and g follow differs, so an error of the noise's variance shifts a. So a is what one has to expect who knows the variance to
    a fifth, or to a half where pixels share noise, and nothing else, its mean over all of [0, 1]: half of each where the image cannot
    tell, one of them where it can.
    Where the noise has several strengths, each has its own a: the sums of all are those of the strongest.

    References
    ----------
    .. [1] Stein, C. M. (1981). Estimation of the mean of a multivariate normal distribution. Annals of Statistics 9(6).
    .. [2] Blu, T. and Luisier, F. (2007). The SURE-LET approach to image denoising. IEEE Transactions on Image Processing 16(11).
    """
    noise = observation.noise
    assert noise is not None
    comparison = Comparison.of(first, fit, second, part, observation)
    means = comparison.means()
    if not all(each.finite for each in means):
        return Mixture(shares=(math.nan,) * len(means), gain_on_first=math.nan, gain_on_second=math.nan)
    shares = [each.share(noise.autocorrelation) for each in means]
    bands = decide(comparison, shares_at(shares, observation))
    return mixture_of(means, shares, noise.autocorrelation, noise.root_mean_square(comparison.std), bands)


def mixture_of(
    means: Sequence[Means],
    shares: Sequence[float],
    autocorrelation: Autocorrelation,
    noise: float,
    bands: Bands | None = None,
) -> Mixture:
    """What is to be expected of a mixture in these shares, one for each of the means; `noise` as for `expected_error`."""
    pairs = list(zip(shares, means, strict=True))
    total = sum(each.pixels * each.variance for each in means)
    first, second = (
        sum(each.pixels * each.distance * ((end - each.best) ** 2 - (share - each.best) ** 2) for share, each in pairs)
        for end in (1, 0)
    )
    residual = sum(each.pixels * each.residual(share) for share, each in pairs) / total
    followed = sum(each.pixels * each.followed_by(share) for share, each in pairs) / total
    pixels = sum(each.pixels for each in means)
    if bands is not None:
        gain, taken = bands.gain * pixels, bands.taken * pixels
        first, second = first + gain, second + gain
        residual, followed = residual - taken / total, followed + (taken - gain) / (2 * total)
    error = expected_error(residual, followed, pixels, autocorrelation, noise)
    return Mixture(
        shares=tuple(shares),
        gain_on_first=first / total,
        gain_on_second=second / total,
        error=error,
        bands=bands.coefficients if bands else (),
    )


def shares_at(shares: Sequence[float], observation: Observation) -> torch.Tensor | float:
    """The share of the first result at each place, (1, 1, y, x); a number where it is the same everywhere.

    Parameters
    ----------
    shares
        As in `Mixture`.
    observation
        What was observed.

    Raises
    ------
    ValueError
        If there is not one share for each strength of the noise.
    """
    noise = observation.noise
    strengths = 1 if noise is None else noise.strengths
    if len(shares) != strengths:
        raise ValueError(
            f"The record tells {len(shares)} shares of the fit; the noise of the image has {strengths} strengths."
        )
    if strengths == 1 or noise is None:
        return shares[0]
    placed = zip(shares, noise.places(observation.image.device), strict=True)
    return torch.stack([share * place for share, place in placed]).sum(0)
