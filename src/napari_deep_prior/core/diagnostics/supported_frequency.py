"""Up to which frequency a result is supported by data that it never saw."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

from napari_deep_prior.core.diagnostics.recipe import Recipe, Watch
from napari_deep_prior.core.noise.splitting import halves

_RING = 2.0
"""Width of a ring, in steps of the discrete frequencies of the shorter side."""

_SIGMAS = 3.0
"""Standard deviations of chance above which a correlation counts."""

_WINDOWED = 0.264
"""Share of the Fourier coefficients that a Hann window in two dimensions leaves independent: (mean w²)² / mean w⁴."""

_MISSES = 2
"""Rings in a row without correlation, from which on nothing counts as supported."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SupportedFrequency:
    """Fourier ring correlation of a restored half of the data with the other half as it was measured.

    Attributes
    ----------
    frequency
        In cycles per pixel, at most 0.5: up to here the restored half goes with data it never saw.
    raw_frequency
        The same for the half before it was restored.
    unsupported
        Share of the variance of the restored half that is finer than that.
    rings, correlation, chance
        Middle of each ring in cycles per pixel, the correlation in it, and what chance alone hardly exceeds.
    """

    frequency: float
    raw_frequency: float
    unsupported: float
    rings: NDArray[np.float64]
    correlation: NDArray[np.float64]
    chance: NDArray[np.float64]

    @property
    def sentences(self) -> tuple[str, ...]:
        """What was found, and what it does not say."""
        return (
            f"Detail down to {_period(self.frequency)} is supported by data the result never saw (before: "
            f"{_period(self.raw_frequency)}); {100 * self.unsupported:.2g} % of the variance of the result is finer.",
            "Half of the data was restored and compared with the other half as it was measured: with all data, detail reaches "
            "further. It is no resolution, and detail that is supported on average may be wrong in places.",
        )


def supported_frequency(recipe: Recipe, *, seed: int = 0, watch: Watch = iter) -> SupportedFrequency:
    """Split the plane of a recipe into two halves of independent noise, restore one, and compare it with the other.

    Parameters
    ----------
    recipe
        How the plane is restored.
    seed
        Of the split.
    watch
        Draws the snapshots from the fit.

    Raises
    ------
    RunError, ValueError
        If the half cannot be restored, or the instrument is estimated with the image, so that it is not known what it sees.

    Notes
    -----
    The correlation of two *restored* halves would measure how well the method agrees with itself. Here one side is raw:
    structure that the method has drawn by itself does not correlate with it.
    """
    shape = recipe.observed.shape
    first, second = halves(recipe.observed.reshape(-1, *shape[-2:]).astype(np.float32), recipe.noise, seed)
    plane = first.reshape(shape)
    _, seen = recipe.restore(plane, watch)
    if (seen == plane).all():
        raise ValueError(
            "The instrument was estimated with the image: what it would have seen of the result is not known."
        )
    return compared(seen.reshape(first.shape), first, second)


def compared(restored: NDArray[np.float32], raw: NDArray[np.float32], other: NDArray[np.float32]) -> SupportedFrequency:
    """Compare a restored half, and the same before, with the other one; (c, y, x) each."""
    rings, correlation, chance = ring_correlation(restored, other)
    _, before, _ = ring_correlation(raw, other)
    frequency = _reached(rings, correlation, chance)
    radius, power = _radius(restored.shape[-2:]), (np.abs(_spectrum(restored)) ** 2).sum(0)
    finer = float(power[radius > frequency].sum() / max(power.sum(), np.finfo(float).tiny))
    return SupportedFrequency(
        frequency=frequency,
        raw_frequency=_reached(rings, before, chance),
        unsupported=finer,
        rings=rings,
        correlation=correlation,
        chance=chance,
    )


def ring_correlation(
    one: NDArray[np.floating], other: NDArray[np.floating]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Fourier ring correlation of two images (c, y, x).

    Returns
    -------
    tuple of ndarray
        Middle of each ring in cycles per pixel, up to 0.5; the correlation in it; and three standard deviations of that of
        two independent images.

    References
    ----------
    .. [1] Saxton, W. O. and Baumeister, W. (1982). The correlation averaging of a regularly arranged bacterial cell envelope
       protein. Journal of Microscopy 127(2), 127-138.
    """
    first, second, radius = _spectrum(one), _spectrum(other), _radius(one.shape[-2:])
    width = _RING / min(one.shape[-2:])
    number = np.minimum((radius / width).astype(int), int(0.5 / width))
    count = np.bincount(number[radius <= 0.5])
    sums = [
        np.bincount(number.ravel(), weights=values.sum(0).ravel())
        for values in ((first * second.conj()).real, np.abs(first) ** 2, np.abs(second) ** 2)
    ]
    correlation = sums[0] / np.maximum(np.sqrt(sums[1] * sums[2]), np.finfo(float).tiny)
    # Fisher: the inverse hyperbolic tangent of a correlation is Gaussian, also of a few coefficients.
    chance = np.tanh(_SIGMAS / np.sqrt(np.maximum(_WINDOWED * count * len(one), 1)))
    return (np.arange(len(count)) + 0.5) * width, correlation, chance


def _spectrum(image: NDArray[np.floating]) -> NDArray[np.complex128]:
    """(c, y, x) under a Hann window, without its mean; the frequencies beyond 0.5 in the corners are 0."""
    windows = [np.hanning(n + 2)[1:-1] for n in image.shape[-2:]]
    window = np.outer(*windows)
    centred = image - (image * window).sum((-2, -1), keepdims=True) / window.sum()
    spectrum: NDArray[np.complex128] = np.fft.fft2(centred * window)
    return np.where(_radius(image.shape[-2:]) <= 0.5, spectrum, 0)


def _radius(shape: tuple[int, ...]) -> NDArray[np.float64]:
    rows, columns = (np.fft.fftfreq(n) for n in shape)
    radius: NDArray[np.float64] = np.hypot(rows[:, None], columns[None])
    return radius


def _reached(rings: NDArray[np.float64], correlation: NDArray[np.float64], chance: NDArray[np.float64]) -> float:
    """The highest frequency below which the correlation stays above chance; single rings may miss it."""
    missed = correlation <= chance
    for ring in range(len(rings)):
        if missed[ring : ring + _MISSES].all():
            return float(rings[ring - 1]) if ring else 0.0
    return 0.5


def _period(frequency: float) -> str:
    return f"{1 / frequency:.1f} pixels" if frequency > 0 else "nothing"
