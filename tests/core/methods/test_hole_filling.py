"""Numbers of hole filling, by the holes."""

from __future__ import annotations

import dataclasses

import pytest

from napari_deep_prior.core.imaging.holes import HoleStatistics
from napari_deep_prior.core.methods import Evidence
from napari_deep_prior.core.methods.hole_filling import HoleFilling
from napari_deep_prior.core.noise.estimate import NoiseEstimate
from napari_deep_prior.core.stopping.rules import EarlyStopping, NeverStop


def evidence(width: float, fraction: float = 0.1) -> Evidence:
    holes = HoleStatistics(fraction=fraction, typical_width=width, max_width=99, pixels=10**4)
    return Evidence(noise=NoiseEstimate(sigma=1.0, patches=1, correlation=(1.0, 0.0)), holes=holes)


@pytest.mark.parametrize(("width", "fraction", "copied"), [(2.0, 0.1, False), (5.0, 0.1, True), (5.0, 0.8, False)])
def test_holes_are_copied_where_they_are_no_single_pixels_and_most_is_known(
    width: float, fraction: float, copied: bool
) -> None:
    sampling = HoleFilling().config(evidence(width, fraction)).sampling
    assert sampling.hole_masks == copied
    assert sampling.mask_fraction == ((0.02, 0.06) if copied else (0.2, 0.5))
    assert not sampling.augment
    assert sampling.biharmonic_base


def test_what_is_too_far_from_all_that_is_known_is_left_to_others() -> None:
    assert HoleFilling().suits(evidence(15.0))
    assert HoleFilling().suits(evidence(17.0)) is None
    assert HoleFilling().suits(evidence(17.0, fraction=0.6))


def test_it_is_for_planes_and_has_no_published_numbers() -> None:
    assert "volumes" in HoleFilling().refuses(dataclasses.replace(evidence(5.0), volume=True))
    assert "published" in HoleFilling().refuses(dataclasses.replace(evidence(5.0), preset="paper"))


def test_more_steps_always_gain_unless_stopping_is_asked_for() -> None:
    assert HoleFilling().criterion("auto", evidence(5.0)).rule == NeverStop()
    assert isinstance(HoleFilling().criterion("held-out", evidence(5.0)).rule, EarlyStopping)
