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

    `low` and `high` are the ends of a 90 % interval; see `core.solver.expected_error`.
    """

    relative: float
    low: float
    high: float

    def said(self, sigma: float) -> str:
        """In words, for noise of the standard deviation `sigma` in grey values."""
        interval = f"{self.low:.0%} to {self.high:.0%}, a 90 % interval"
        return (
            f"about {self.relative:.0%} of the noise ({interval}): {self.relative * sigma:.2g} grey values in the root mean square, where "
            f"the noise had {sigma:.2g}"
        )
