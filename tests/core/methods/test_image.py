"""What methods have in common whose network is shown the image."""

from __future__ import annotations

import dataclasses

import pytest
import torch

from napari_deep_prior.core.methods import Evidence
from napari_deep_prior.core.methods._base import PlaneShape
from napari_deep_prior.core.methods.blind_spot import BlindSpot
from napari_deep_prior.core.noise.estimate import NoiseEstimate

EVIDENCE = Evidence(noise=NoiseEstimate(sigma=1.0, patches=1, correlation=(1.0, 0.0)))


def test_the_image_its_mask_and_a_guide_are_shown() -> None:
    config = BlindSpot().config(EVIDENCE)
    plane = PlaneShape(channels=3, image=(300, 200), drawn=(300, 200), guides=1)
    footprint = BlindSpot().footprint(config, plane)
    assert (footprint.channels_in, footprint.channels_out) == (5, 3)
    assert footprint.fitted == (4 * 128, 128)  # as many patches as make a step


def test_the_papers_numbers_look_at_the_full_image() -> None:
    config = BlindSpot().config(Evidence(noise=EVIDENCE.noise, preset="paper"))
    assert config.sampling.patch_size == 0
    assert config.activation is torch.sigmoid


@pytest.mark.parametrize(("photons", "sigma"), [(100, 2.5), (1, 2.5), (0.1, 2.82), (0.01, 8.92)])
def test_the_base_sees_ten_photons(photons: float, sigma: float) -> None:
    noise = dataclasses.replace(EVIDENCE.noise, skewness=photons**-0.5)
    assert BlindSpot().config(Evidence(noise=noise)).sampling.smoothing_sigma == pytest.approx(sigma, abs=0.01)
    assert BlindSpot(denoises=False).config(Evidence(noise=noise)).sampling.smoothing_sigma == 2.5
