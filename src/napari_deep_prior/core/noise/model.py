"""Grain: the noise of one plane, in the tensor's units where the fit needs it and in the caller's where the result does."""

from __future__ import annotations

import functools

import numpy as np
import torch
from numpy.typing import NDArray

from napari_deep_prior.core.data.scaling import Scaling
from napari_deep_prior.core.imaging.normalized_convolution import smooth_estimate
from napari_deep_prior.core.noise.estimate import NoiseEstimate

RESIDUAL_FRACTION = 0.1
"""Share of the noise's variance that stays in a denoised image, where the network saw the image: measured on pairs of images
with long exposures, 0.09 to 0.17 (docs/benchmarks.md). What the draws agree on by mistake shows in no spread of theirs."""


class NoiseModel:
    """Measured noise, and the scaling of the plane it belongs to."""

    def __init__(self, noise: NoiseEstimate, scaling: Scaling) -> None:
        self._noise, self._scaling = noise, scaling
        self._line = functools.cache(self._line_on)  # brought to the device once, not at each step

    @property
    def expected_loss(self) -> float | None:
        """Mean squared misfit that the noise alone makes, in the tensor's units; None where outliers make more or less of it."""
        return None if self._noise.outliers else float(np.mean((self._noise.sigma / self._scaling.gain) ** 2))

    def std_at(self, tensor: torch.Tensor, known: NDArray[np.bool_], width: float) -> torch.Tensor:
        """Standard deviation at the brightness around each pixel of (1, c, y, x), in the tensor's units."""
        weight = torch.from_numpy(known.astype(np.float32))[None, None]
        level = self._scaling.to_units(smooth_estimate(tensor, weight, width)).astype(np.float64)
        deviation = np.sqrt(self._noise.variance_at(level)) / self._scaling.gain
        return torch.from_numpy(deviation.astype(np.float32))[None]

    def variance_at(self, tensor: torch.Tensor) -> torch.Tensor:
        """Of the noise at the brightness of (1, c, y, x), in the tensor's units."""
        slope, base, least = self._line(tensor.device)
        return torch.maximum(slope * tensor + base, least)

    def _line_on(self, device: torch.device) -> list[torch.Tensor]:
        """Of the variance against the brightness: slope, that at 0, and the least; per channel where they differ."""
        scale, noise = self._scaling.gain, self._noise
        line = (
            noise.gain / scale,
            (noise.gain * self._scaling.offset + noise.base) / scale**2,
            noise.min_variance / scale**2,
        )
        return [torch.from_numpy(np.asarray(part, np.float32)).to(device) for part in line]

    def total_std(self, restored: NDArray[np.float32], spread: NDArray[np.float32]) -> NDArray[np.float32]:
        """Standard deviation of a denoised (c, y, x) image in the caller's units: the draws' spread, and noise left in all."""
        doubt: NDArray[np.float64] = np.sqrt(
            spread**2 + RESIDUAL_FRACTION * self._noise.variance_at(restored.astype(np.float64))
        )
        return doubt.astype(np.float32)
