"""Photons: whether noise is that of few of them, and what one of them adds."""

from __future__ import annotations

from napari_deep_prior.core.noise.estimate import NoiseEstimate

SYMMETRIC = 0.2
"""Skewness below which noise passes for Gaussian; above it, where no neighbours share it, for that of photons."""


def counts_photons(noise: NoiseEstimate) -> bool:
    """Whether the noise is that of few photons, which can be counted and dealt out."""
    return noise.gain > 0 and noise.correlation_length == 1 and noise.skewness >= SYMMETRIC


def photon_spread(noise: NoiseEstimate) -> float:
    """Variance of what a photon adds, each counted as often as it is large, in units of its mean squared.

    It is 0 for a camera and 1/2 where heights have an exponential distribution, as those of a photomultiplier.
    """
    return min(1.0, max(0.0, noise.skewness * noise.sigma / noise.gain - 1)) if noise.gain > 0 else 0.0
