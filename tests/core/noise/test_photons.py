"""Whether noise is that of few photons, and what one adds."""

from __future__ import annotations

import pytest

from napari_deep_prior.core.noise.estimate import NoiseEstimate
from napari_deep_prior.core.noise.photons import counts_photons, photon_spread


@pytest.mark.parametrize(
    ("gain", "skewness", "correlation", "counts"),
    [
        (2.0, 0.5, (1.0, 0.0), True),
        (0.0, 0.5, (1.0, 0.0), False),
        (2.0, 0.1, (1.0, 0.0), False),
        (2.0, 0.5, (1.0, 0.5, 0.0), False),
    ],
    ids=["few photons", "no photons", "many photons", "shared by neighbours"],
)
def test_photons_count_where_they_are_few_and_each_has_a_pixel(gain, skewness, correlation, counts) -> None:
    noise = NoiseEstimate(sigma=4.0, patches=9, correlation=correlation, gain=gain, skewness=skewness)
    assert counts_photons(noise) is counts


@pytest.mark.parametrize(("skewness", "spread"), [(0.2, 0.0), (0.5, 0.0), (0.75, 0.5), (9.0, 1.0)])
def test_the_skewness_tells_the_spread_of_heights(skewness: float, spread: float) -> None:
    """Equal heights of 2 in noise of deviation 4 have a skewness of 1/2."""
    noise = NoiseEstimate(sigma=4.0, patches=9, correlation=(1.0, 0.0), gain=2.0, skewness=skewness)
    assert photon_spread(noise) == pytest.approx(spread)


def test_without_a_gain_there_are_no_heights() -> None:
    assert photon_spread(NoiseEstimate(sigma=4.0, patches=9, correlation=(1.0, 0.0), skewness=1.0)) == 0
