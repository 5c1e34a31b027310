"""The error to be expected of a denoised image, without the truth: Stein's estimate, and what a best estimate would leave."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from napari_deep_prior.core.found import ErrorFound

_VARIANCE_UNCERTAINTY, _CORRELATED_UNCERTAINTY = 0.1, 0.2
"""Relative standard deviation of the noise's variance as measured in one image, where pixels are independent and where they are not;
see docs/estimates.md."""

_SPREAD = 2.5
"""Standard deviation, in dB, of the squared error about that of a best estimate which follows the noise as much; see
docs/estimates.md."""

_QUANTILES = (0.05, 0.5, 0.95)
"""Ends of a 90 % interval, and its middle."""

_ERRORS = np.exp(np.linspace(math.log(1e-6), math.log(10.0), 4001))
"""Squared errors that are thought possible, in units of the noise's variance."""


def expected_error(
    residual: float, followed: float, pixels: float, autocorrelation: Sequence[Sequence[float]], noise: float
) -> ErrorFound | None:
    """Root mean squared error of a result, with a 90 % interval.

    Parameters
    ----------
    residual
        Mean squared difference between the result and the observed image, in units of the noise's variance.
    followed
        Expected product of the result and the noise in the same units, by how the result follows a change of the image.
    pixels
        Number of values over which these are means.
    autocorrelation
        Of the noise, an odd square table with 1 in its middle.
    noise
        Its root mean square, in the image's units.

    Returns
    -------
    ErrorFound or None
        In units of the noise's standard deviation; None where nothing can be told: the result does not follow the image, or more
        than it moves, or so much was taken away that the noise must have been measured too weak.

    Notes
    -----
    With y = x + n, noise of variance V and a result f, the squared error is ``e = E (f - y)^2 - V + 2 E f n`` [1]_. It is the small
    difference of large numbers: where V is known to a tenth, so is e to a tenth of V, which may be more than e. For the best
    estimate, the mean of all images that could lie behind y, it is also ``e = E f n``: what y leaves open of x is what f follows
    the noise by [2]_. No result is the best, and e differs from that from image to image. So the first is taken as a measurement with a
    Gaussian error, the second as what was known before, with one in decibels; the answer is their product.

    References
    ----------
    .. [1] Stein, C. M. (1981). Estimation of the mean of a multivariate normal distribution. Annals of Statistics 9(6).
    .. [2] Miyasawa, K. (1961). An empirical Bayes estimator of the mean of a normal population. Bulletin of the International
       Statistical Institute 38; see Raphan, M. and Simoncelli, E. P. (2011). Least squares estimation without priors or supervision.
       Neural Computation 23(2).
    """
    if not (math.isfinite(residual) and 0 < followed < 1 and pixels >= 1):
        return None
    table = np.asarray(autocorrelation, np.float64)
    stein = residual - 1 + 2 * followed
    if stein > 1:
        return None
    uncertainty = _VARIANCE_UNCERTAINTY if table.size == 1 else _CORRELATED_UNCERTAINTY
    by_chance = (2 * np.square(table).sum() + 4 * max(stein, followed) * np.abs(table).sum()) / pixels
    deviation = math.hypot(uncertainty * abs(1 - 2 * followed), math.sqrt(by_chance))
    over_best = 10 * np.log10(_ERRORS / followed)
    logarithm = -0.5 * (over_best / _SPREAD) ** 2 - 0.5 * ((stein - _ERRORS) / deviation) ** 2
    weight = np.exp(logarithm - logarithm.max())
    low, middle, high = np.interp(_QUANTILES, np.cumsum(weight) / weight.sum(), np.sqrt(_ERRORS)).tolist()
    return ErrorFound(relative=middle, low=low, high=high, noise=noise)
