"""Local flux: noise raises no alarm, light that is missing or too much does, and its place is told."""

from __future__ import annotations

import numpy as np
import pytest

from napari_deep_prior.core.diagnostics.local_flux import BOXES, LEAST, flux_of, local_flux

SHAPE = (96, 112)
EVERYWHERE = np.ones(SHAPE, bool)
SIGMA = 3.0
VARIANCE = np.full((1, *SHAPE), SIGMA**2)


def noise(seed=0, channels=1):
    return np.random.default_rng(seed).normal(0, SIGMA, (channels, *SHAPE))


def test_noise_raises_no_alarm():
    found = [local_flux(noise(seed), VARIANCE, EVERYWHERE) for seed in range(20)]
    assert not any(flux.flagged for flux in found)
    assert all(LEAST < flux.threshold < 5.2 for flux in found)
    assert all(2 < abs(flux.z) < 5 for flux in found)


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("box", BOXES[:3])
def test_light_that_is_missing_is_found_at_its_place_and_size(box, sign):
    left = noise()
    left[0, 20 : 20 + box, 40 : 40 + box] += sign * 8 * SIGMA / box  # eight standard errors
    flux = local_flux(left, VARIANCE, EVERYWHERE)
    assert flux.flagged
    assert flux.box == box
    assert np.sign(flux.z) == sign
    assert 6 < abs(flux.z) < 11
    assert np.hypot(flux.place[0] - 20 - box / 2, flux.place[1] - 40 - box / 2) < box / 2
    assert flux.map.shape == SHAPE
    assert abs(flux.map[flux.place]) == pytest.approx(abs(flux.z), rel=1e-6)
    assert abs(flux.map[80, 5]) < flux.threshold


def test_z_is_the_mean_over_its_standard_error():
    left = np.full((1, 16, 16), 1.0)
    flux = local_flux(left, np.full((1, 16, 16), 4.0), np.ones((16, 16), bool))
    assert (flux.box, flux.z) == (16, pytest.approx(1.0 / (2.0 / 16)))


def test_noise_that_neighbours_share_is_less_certain():
    white = np.random.default_rng(3).normal(0, SIGMA, (SHAPE[0] + 1, SHAPE[1] + 1))
    shared = (white[1:, 1:] + white[:-1, 1:] + white[1:, :-1] + white[:-1, :-1])[None] / 2
    table = ((0.25, 0.5, 0.25), (0.5, 1.0, 0.5), (0.25, 0.5, 0.25))
    assert local_flux(shared, VARIANCE, EVERYWHERE).flagged
    assert not local_flux(shared, VARIANCE, EVERYWHERE, table).flagged


def test_noise_measured_much_too_weak_is_no_lost_light():
    """As in dark parts, where a line of variance over brightness may end below nothing."""
    assert not local_flux(noise(), VARIANCE / 50, EVERYWHERE).flagged
    assert not local_flux(noise(), 0 * VARIANCE, EVERYWHERE).flagged


def test_what_was_not_measured_does_not_count():
    holes = EVERYWHERE.copy()
    holes[30:60, 30:60] = False
    left = np.where(holes, noise(), 1e6)
    flux = local_flux(left, VARIANCE, holes)
    assert not flux.flagged
    assert (flux.map[~holes] == 0).all()


def test_where_nothing_can_be_said():
    assert local_flux(noise()[:, :7, :9], VARIANCE[:, :7, :9], EVERYWHERE[:7, :9]) is None
    assert local_flux(noise(), VARIANCE, ~EVERYWHERE) is None
    assert local_flux(0 * noise(), VARIANCE, EVERYWHERE) is None


def test_the_worst_channel_and_plane_counts():
    truth = np.full((2, 3, *SHAPE), 100.0)
    observed = truth + np.stack([noise(seed, 3) for seed in range(2)])
    left = (observed - truth).astype(np.float32)
    everywhere = np.ones((3, *SHAPE), bool)
    assert not flux_of(observed, left, everywhere, everywhere).flagged
    left[1, 2, 8:24, 8:24] += 3 * SIGMA
    flux = flux_of(observed, left, everywhere, everywhere)
    assert flux.flagged
    assert 8 <= flux.place[0] <= 24
