"""Means: how two results of one plane compare over some of its pixels, and in which share the mixture of them has the least error."""

from __future__ import annotations

import dataclasses
import math

from napari_deep_prior.core.noise.estimate import Autocorrelation
from napari_deep_prior.core.run.mixing.expected_share import expected_share

_VARIANCE_UNCERTAINTY, _CORRELATED_UNCERTAINTY = 0.2, 0.5
"""Relative standard deviation of the noise's variance, at the scales at which results follow it, where pixels are independent and
where they share noise, which reaches farther than can be measured in one image, or is texture (docs/estimates.md)."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """How two results of one plane compare over the pixels of one strength of the noise, whose number is `pixels`.

    `distance` is ``(f - g)^2`` for the results f and g, `along` ``(f - g)(y - g)``, `left` ``(y - g)^2``, `followed` and
    `followed_second` are ``f n`` and ``g n``, `variance` is ``n^2``.
    """

    pixels: float
    distance: float
    along: float
    left: float
    followed: float
    followed_second: float
    variance: float

    @property
    def finite(self) -> bool:
        """Whether all of them are numbers, and there is noise."""
        return all(map(math.isfinite, dataclasses.astuple(self))) and (self.variance > 0 or not self.pixels)

    @property
    def best(self) -> float:
        """Share of f with the least error; half where f and g are the same."""
        apart = self.followed - self.followed_second
        return (self.along - apart) / self.distance if self.distance > 0 else 0.5

    def residual(self, share: float) -> float:
        """Squared difference of the mixture from the observed image."""
        return share * (share * self.distance - 2 * self.along) + self.left

    def followed_by(self, share: float) -> float:
        """The product of the mixture and the noise."""
        return share * self.followed + (1 - share) * self.followed_second

    def share(self, autocorrelation: Autocorrelation) -> float:
        """The share to be expected of one who knows the variance of the noise to a fifth, or to a half where pixels share it."""
        if not self.distance > 0 or not math.isfinite(self.best):
            return 0.5
        correlation = sum(abs(rho) for row in autocorrelation for rho in row)
        by_chance = math.sqrt(self.variance * correlation / self.distance / self.pixels)
        by_variance = variance_uncertainty(autocorrelation) * abs(self.followed - self.followed_second) / self.distance
        return expected_share(self.best, math.hypot(by_chance, by_variance))


def variance_uncertainty(autocorrelation: Autocorrelation) -> float:
    """Relative standard deviation of the noise's variance, as far as it can be measured."""
    return _VARIANCE_UNCERTAINTY if len(autocorrelation) == 1 else _CORRELATED_UNCERTAINTY
