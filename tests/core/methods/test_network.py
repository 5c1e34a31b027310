"""What methods that fit a network have in common."""

from __future__ import annotations

import dataclasses

from napari_deep_prior.core.imaging.holes import HoleStatistics
from napari_deep_prior.core.methods import Evidence
from napari_deep_prior.core.methods.blind_spot import BlindSpot
from napari_deep_prior.core.methods.deep_image_prior import DeepImagePrior
from napari_deep_prior.core.noise.estimate import NoiseEstimate
from napari_deep_prior.core.stopping.rules import EarlyStopping, NeverStop

NOISE = NoiseEstimate(sigma=1.0, patches=9, correlation=(1.0, 0.5, 0.3, 0.1))
EVIDENCE = Evidence(noise=NOISE)


def test_it_stops_by_itself_unless_the_paper_or_the_task_does_not() -> None:
    assert isinstance(BlindSpot().criterion("auto", EVIDENCE).rule, EarlyStopping)
    paper = dataclasses.replace(EVIDENCE, preset="paper")
    assert isinstance(BlindSpot().criterion("auto", paper).rule, NeverStop)
    assert isinstance(BlindSpot(stops=False).criterion("auto", EVIDENCE).rule, NeverStop)


def test_blocks_are_wider_than_the_noise_is_correlated_and_as_wide_as_holes_that_are_filled() -> None:
    wide = HoleStatistics(fraction=0.1, typical_width=9.0, max_width=12, pixels=10**6)
    evidence = dataclasses.replace(EVIDENCE, holes=wide)
    assert DeepImagePrior().block_size(evidence) == 2 * NOISE.correlation_length
    assert DeepImagePrior(fills_holes=True).block_size(evidence) == 9
