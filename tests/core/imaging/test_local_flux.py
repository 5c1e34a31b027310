"""Light is neither lost nor made, as a whole and in each part."""

from __future__ import annotations

import pytest
import torch

from napari_deep_prior.core.imaging.local_flux import flux_width, keep_local_flux

EVERYWHERE = torch.ones(1, 1, 130, 100)


def scene() -> torch.Tensor:
    y, x = torch.meshgrid(torch.arange(130.0), torch.arange(100.0), indexing="ij")
    spot = torch.exp(-((y - 40) ** 2 + (x - 50) ** 2) / 50)
    return (0.02 + spot)[None, None]


def test_what_is_right_stays() -> None:
    torch.testing.assert_close(keep_local_flux(scene(), scene(), EVERYWHERE, 16.0), scene())


@pytest.mark.parametrize("shape", [(1, 2, 130, 100), (1, 1, 3, 40, 50)])
def test_the_light_of_single_photons_comes_back(shape: tuple[int, ...]) -> None:
    photons = torch.poisson(torch.full(shape, 0.02), generator=torch.Generator().manual_seed(0))
    found = keep_local_flux(torch.full(shape, 0.006), photons, torch.ones(1, 1, *shape[2:]), 30.0)
    axes = tuple(range(2, len(shape)))
    torch.testing.assert_close(found.mean(axes), photons.mean(axes))
    assert found.std() < 0.25 * found.mean()


def test_light_that_an_instrument_moves_is_not_lost() -> None:
    """What is seen of a spot outside of the image is not there; taken for lost, what is dark there would shine."""

    def seen(restored: torch.Tensor) -> torch.Tensor:
        return torch.cat([0.3 * restored[..., :20] + 0.5, restored[..., 20:]], -1)

    torch.testing.assert_close(keep_local_flux(scene(), seen(scene()), EVERYWHERE, 16.0, seen), scene())
    half = keep_local_flux(0.5 * scene(), seen(scene()), EVERYWHERE, 16.0, seen)
    assert float(seen(half).sum()) == pytest.approx(float(seen(scene()).sum()), rel=0.02)


def test_means_are_taken_over_a_hundred_photons_and_never_over_few_pixels() -> None:
    for photons in (1e-4, 1e-3, 0.01):
        assert 4 * torch.pi * flux_width(photons) ** 2 * photons == pytest.approx(100)
    assert flux_width(50) == flux_width(float("inf")) >= 8


def test_light_that_was_lost_in_a_part_comes_back_there() -> None:
    truth = scene()
    lost = torch.where(torch.arange(130)[:, None] < 65, 0.8 * truth, truth)
    found = keep_local_flux(lost, truth, EVERYWHERE, 16.0)
    near = (..., slice(25, 55), slice(35, 65))
    assert abs(float(found[near].sum() / truth[near].sum()) - 1) < 0.1
    assert float(found.mean()) == pytest.approx(float(truth.mean()), rel=1e-4)


def test_what_was_not_measured_has_no_say() -> None:
    known = EVERYWHERE.clone()
    known[..., :30] = 0
    spoilt = torch.where(known > 0, scene(), torch.tensor(50.0))
    found = keep_local_flux(scene(), spoilt, known, 16.0)
    torch.testing.assert_close(found, scene())


def test_where_all_is_dark_nothing_is_made() -> None:
    dark = torch.zeros(1, 1, 20, 20)
    assert not keep_local_flux(dark, dark, torch.ones_like(dark), 16.0).any()
    assert keep_local_flux(dark + 0.1, dark - 0.01, torch.ones_like(dark), 16.0).isfinite().all()
