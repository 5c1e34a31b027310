"""What was found of a plane without its truth: its noise, and the error of its result."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class NoiseFound:
    """The noise that the fit of a plane went by, in the image's units; see `NoiseEstimate`. Variance: ``gain * brightness + base``.

    `correlation_length`: first lag in pixels at which it is uncorrelated. `levels`: standard deviations of parts whose noise differs.
    """

    sigma: float
    gain: float
    base: float
    correlation_length: int
    skewness: float
    levels: tuple[float, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ErrorFound:
    """Root mean squared error of a denoised plane as estimated without the truth, in units of the noise's standard deviation.

    `low` and `high` are the ends of a 90 % interval; see `core.run.mixing.expected_error`. `noise` is the root mean square of the noise
    over the plane, in the image's units.
    """

    relative: float
    low: float
    high: float
    noise: float

    @property
    def value(self) -> float:
        """The error in the image's units."""
        return self.relative * self.noise

    def __str__(self) -> str:
        """In words."""
        return (
            f"about {self.relative:.0%} of the noise ({self.low:.0%} to {self.high:.0%}, a 90 % interval): {self.value:.2g} grey values in "
            f"the root mean square, where the noise had {self.noise:.2g}"
        )
