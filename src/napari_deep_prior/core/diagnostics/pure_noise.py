"""Pure-noise control: what the same recipe draws where there is nothing but noise."""

from __future__ import annotations

import dataclasses

import numpy as np
import torch
from numpy.typing import NDArray

from napari_deep_prior.core.diagnostics.recipe import Recipe, Watch
from napari_deep_prior.core.noise.estimate import NoiseEstimate
from napari_deep_prior.core.noise.photons import counts_photons
from napari_deep_prior.core.noise.synthesis import CorrelatedNoise
from napari_deep_prior.core.random_streams import numpy_stream, torch_stream

BOXES = (1, 4, 16)
"""Sides in pixels of the boxes over which drawn structure is averaged: single pixels, specks, clouds."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PureNoise:
    """What was drawn on a flat field.

    Attributes
    ----------
    sigma
        Standard deviation of the noise that was put on it, in grey values.
    deviation
        Standard deviation of the result, in units of sigma: 0 is best.
    bias
        Mean of the result minus the true level, alike.
    largest
        For each side of a box in `BOXES` that fits, the largest deviation of a mean over it from the true level, alike.
    image
        The result, (c, [z,] y, x).
    """

    sigma: float
    deviation: float
    bias: float
    largest: dict[int, float]
    image: NDArray[np.float32]

    @property
    def sentences(self) -> tuple[str, ...]:
        """What was found, and what it does not say."""
        single, *larger = self.largest.items()
        over = "".join(f", {value:.2f} over {box} x {box} pixels" for box, value in larger)
        return (
            f"On a flat field with this image's noise the same recipe drew structure of up to {single[1]:.2f} standard deviations of "
            f"the noise{over} ({self.sigma:.3g} grey values each); its standard deviation is {self.deviation:.2f}, its mean is off "
            f"by {self.bias:+.3f}.",
            "Structure in the result that is as weak as this may be noise. It does not say that stronger structure is real, nor "
            "what becomes of noise beside structure.",
        )


def pure_noise_control(recipe: Recipe, *, seed: int = 0, watch: Watch = iter) -> PureNoise:
    """Restore a flat field of the plane's mean brightness, with noise as it was measured in the plane.

    Parameters
    ----------
    recipe
        How the plane is restored; its method should be fixed (see `repeated`), as a flat field may suggest another one.
    seed
        Of the noise.
    watch
        Draws the snapshots from the fit.

    Raises
    ------
    RunError, ValueError
        If the field cannot be restored.
    """
    observed = recipe.observed.astype(np.float64)
    around = tuple(range(1, observed.ndim))
    level = np.broadcast_to(observed.mean(around, keepdims=True), observed.shape)
    field = noisy(level, recipe.noise, seed)
    if recipe.observed.dtype.kind in "ui":
        field = np.rint(field)
    restored, _ = recipe.restore(field, watch)
    sigma = float(np.sqrt(recipe.noise.variance_at(level).mean()))
    apart = (restored - observed.mean(around, keepdims=True)) / sigma
    return PureNoise(
        sigma=sigma,
        deviation=float(apart.std()),
        bias=float(apart.mean()),
        largest={box: float(np.abs(_means(apart, box)).max()) for box in BOXES if box <= min(apart.shape[-2:])},
        image=restored,
    )


def noisy(level: NDArray[np.float64], noise: NoiseEstimate, seed: int) -> NDArray[np.float32]:
    """An image (c, [z,] y, x) with this noise: of photons where it is that of few, otherwise Gaussian."""
    if counts_photons(noise):
        offset = -noise.base / noise.gain
        counts = numpy_stream(seed, "control").poisson(np.maximum((level - offset) / noise.gain, 0))
        return (offset + noise.gain * counts).astype(np.float32)
    planes = np.sqrt(noise.variance_at(level)).astype(np.float32).reshape(1, -1, *level.shape[-2:])
    drawing = CorrelatedNoise(noise.usable_autocorrelation, torch_stream(seed, "control"))
    added: NDArray[np.float32] = drawing.sample(torch.from_numpy(planes))[0].numpy().reshape(level.shape)
    field: NDArray[np.float32] = (level + added).astype(np.float32)
    return field


def _means(values: NDArray[np.float64], box: int) -> NDArray[np.float64]:
    """Means over all boxes of the last two axes."""
    padding = [(0, 0)] * (values.ndim - 2) + [(1, 0), (1, 0)]
    table = np.pad(values.cumsum(-2).cumsum(-1), padding)
    sums: NDArray[np.float64] = (
        table[..., box:, box:] - table[..., :-box, box:] - table[..., box:, :-box] + table[..., :-box, :-box]
    )
    return sums / box**2
