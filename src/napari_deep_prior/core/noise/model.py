"""The noise of one plane: in tensor units for the fit, in the caller's units for the result."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import torch
from numpy.typing import NDArray

from napari_deep_prior.core.data.scaling import Scaling
from napari_deep_prior.core.found import NoiseFound
from napari_deep_prior.core.imaging.normalized_convolution import smooth_estimate
from napari_deep_prior.core.noise.estimate import Autocorrelation, NoiseEstimate
from napari_deep_prior.core.noise.perturbation import Perturbation, perturbation

RESIDUAL_FRACTION = 0.1
"""Fraction of the noise variance left in a denoised image, where the network saw the image. Measured on pairs of images with long
exposures: 0.09 to 0.17 (docs/benchmarks.md). The spread of the outputs cannot show errors that all outputs share."""


class NoiseModel:
    """A noise estimate together with the scaling of the plane it belongs to.

    Parameters
    ----------
    noise, scaling
        As measured, in the caller's units.
    strength
        ([z,] y, x) variance at each place in terms of what the estimate says of its brightness; None: 1 everywhere.
    """

    def __init__(self, noise: NoiseEstimate, scaling: Scaling, strength: NDArray[np.float32] | None = None) -> None:
        self.estimate, self.strength, self._scaling = noise, strength, scaling
        self._lines: dict[torch.device, list[torch.Tensor]] = {}

    def part(self, place: tuple[slice, ...]) -> NoiseModel:
        """That of a part of the plane."""
        return self if self.strength is None else NoiseModel(self.estimate, self._scaling, self.strength[place])

    def scaled(self, scaling: Scaling) -> NoiseModel:
        """The same noise on another scale."""
        return NoiseModel(self.estimate, scaling, self.strength)

    @property
    def expected_loss(self) -> float | None:
        """Mean squared error that the noise alone causes, in tensor units; None with outliers, which make it unpredictable."""
        return None if self.estimate.outliers else float(np.mean((self.estimate.sigma / self._scaling.gain) ** 2))

    @property
    def variance(self) -> float:
        """Mean variance, in the caller's units squared."""
        return self.estimate.sigma**2

    @property
    def photons(self) -> float:
        """About how many there are in a pixel, from the skewness of Poisson noise; infinitely many where it has none."""
        return 1 / self.estimate.skewness**2 if self.estimate.skewness > 0 else math.inf

    @property
    def autocorrelation(self) -> Autocorrelation:
        """Of the noise; that of independent pixels where hardly any correlation was measured."""
        return self.estimate.usable_autocorrelation

    @property
    def lines(self) -> list[tuple[float, float]]:
        """Slope and intercept of the variance over the brightness, in tensor units: of all channels, or of each where they differ."""
        slope, intercept = (np.ravel(term) for term in self._line_in_tensor_units[:2])
        alike = bool(np.all(slope == slope[0]) and np.all(intercept == intercept[0]))
        return list(zip(slope.tolist(), intercept.tolist(), strict=True))[: 1 if alike else None]

    def found(self) -> NoiseFound | None:
        """As a record holds it."""
        found = self.estimate.found()
        if found is None or self.strength is None:
            return found
        return dataclasses.replace(
            found, levels=tuple(found.sigma * math.sqrt(x) for x in np.unique(self.strength).tolist())
        )

    def std_at(
        self, image: torch.Tensor, known: NDArray[np.bool_], sigma: float, *, placed: bool = True
    ) -> torch.Tensor:
        """Standard deviation of the noise at the brightness around each pixel.

        Parameters
        ----------
        image
            (1, c, y, x) in tensor units.
        known
            (y, x), True where the image was measured.
        sigma
            Standard deviation in pixels of the Gaussian that averages the brightness.
        placed
            Whether each place has its own strength of noise; else all have its mean.

        Returns
        -------
        Tensor
            (1, c, y, x) in tensor units.
        """
        weight = torch.from_numpy(known.astype(np.float32))[None, None]
        level = self._scaling.to_units(smooth_estimate(image, weight, sigma)).astype(np.float64)
        variance = self.estimate.variance_at(level)
        std = np.sqrt(self._placed(variance) if placed else variance) / self._scaling.gain
        return torch.from_numpy(std.astype(np.float32))[None]

    def perturbation(self, std: torch.Tensor, generator: torch.Generator) -> Perturbation:
        """See `Perturbation`; `std` of the noise at each place is (1, c, [z,] y, x) in tensor units."""
        return perturbation(std, self.estimate, self._line(std.device)[0], generator)

    def root_mean_square(self, std: torch.Tensor) -> float:
        """Of standard deviations (1, c, [z,] y, x) in tensor units, in the caller's units."""
        deviation = self._scaling.deviation_to_units(std).astype(np.float64)
        return float(np.sqrt(np.mean(np.square(deviation))))

    def variance_at(self, level: torch.Tensor) -> torch.Tensor:
        """Variance of the noise at each brightness (n, c, y, x) of any place, in tensor units."""
        slope, intercept, minimum = self._line(level.device)
        return torch.maximum(slope * level + intercept, minimum)

    def variance_over(self, plane: torch.Tensor) -> torch.Tensor:
        """Variance of the noise at each place and brightness of the whole plane (1, c, y, x), in tensor units."""
        variance, strength = self.variance_at(plane), self.strength_on(plane.device)
        return variance if strength is None else variance * strength

    def strength_on(self, device: torch.device) -> torch.Tensor | None:
        """`strength` as (1, 1, [z,] y, x)."""
        return None if self.strength is None else torch.from_numpy(self.strength)[None, None].to(device)

    @property
    def strengths(self) -> int:
        """How many different ones the noise has."""
        return 1 if self.strength is None else len(np.unique(self.strength))

    def places(self, device: torch.device) -> list[torch.Tensor]:
        """(1, 1, [z,] y, x) for each strength, from the least on: 1 where the noise has it; a single 1 where it has one everywhere."""
        strength = self.strength_on(device)
        if strength is None:
            return [torch.ones(1, device=device)]
        return [(strength == level).float() for level in torch.unique(strength)]

    def _placed(self, variance: NDArray[np.float64]) -> NDArray[np.float64]:
        return variance if self.strength is None else variance * self.strength

    def _line(self, device: torch.device) -> list[torch.Tensor]:
        """As `_line_in_tensor_units`; copied to the device once, not in each step."""
        if device not in self._lines:
            terms = self._line_in_tensor_units
            self._lines[device] = [torch.from_numpy(np.asarray(term, np.float32)).to(device) for term in terms]
        return self._lines[device]

    @property
    def _line_in_tensor_units(self) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Slope, intercept and minimum of the variance over the brightness, (c, 1, 1) each."""
        noise, scale = self.estimate, self._scaling.gain
        intercept = (noise.gain * self._scaling.offset + noise.base) / scale**2
        return noise.gain / scale, intercept, noise.min_variance / scale**2

    def total_std(self, restored: NDArray[np.float32], spread: NDArray[np.float32]) -> NDArray[np.float32]:
        """Standard deviation of a denoised image: the spread of the outputs, and the noise that is left in all of them.

        Parameters
        ----------
        restored, spread
            (c, y, x) in the caller's units: the denoised image, and the standard deviation of the outputs behind it.

        Returns
        -------
        ndarray of float32
            (c, y, x) in the caller's units.
        """
        residual_variance = RESIDUAL_FRACTION * self._placed(self.estimate.variance_at(restored.astype(np.float64)))
        # In units of a power of two, which rounds nothing: squares of very large or small float32 numbers would not be finite.
        exponent = int(np.frexp(spread.max())[1])
        variance = np.ldexp(spread, -exponent) ** 2 + np.ldexp(residual_variance, -2 * exponent)
        std: NDArray[np.float64] = np.ldexp(np.sqrt(variance), exponent)
        return std.astype(np.float32)

    def with_mean_square(
        self,
        deviation: NDArray[np.float32],
        relative: float,
        restored: NDArray[np.float32],
        where: NDArray[np.bool_],
    ) -> NDArray[np.float32]:
        """A map of standard deviations, scaled to the mean square of an error that is known of the whole only.

        Parameters
        ----------
        deviation, restored
            (c, y, x) in the caller's units: where the result is how uncertain, in some unit, and the result.
        relative
            Root mean squared error in units of the noise's standard deviation.
        where
            (y, x), the pixels over which it was estimated.

        Returns
        -------
        ndarray of float32
            (c, y, x), as it was where it is 0 everywhere.
        """
        if not where.any():
            return deviation
        variance = self._placed(self.estimate.variance_at(restored.astype(np.float64)))[:, where].mean(axis=1)
        squares = np.square(deviation[:, where].astype(np.float64)).mean(axis=1)
        found = float(np.mean(squares / np.maximum(variance, np.finfo(np.float64).tiny)))
        factor = relative / math.sqrt(found) if 0 < found < math.inf else 1.0
        return (factor * deviation.astype(np.float64)).astype(np.float32)
