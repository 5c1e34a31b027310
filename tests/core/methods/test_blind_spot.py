"""Numbers of hidden pixels, by the noise."""

from __future__ import annotations

import dataclasses

import pytest

from napari_deep_prior.core.methods import Evidence
from napari_deep_prior.core.methods.blind_spot import BlindSpot
from napari_deep_prior.core.networks.catalogue import COARSE, HALF_RESOLUTION, VOLUME
from napari_deep_prior.core.noise.estimate import NoiseEstimate
from napari_deep_prior.core.stopping.hidden_pixels import HiddenPixels, UnfittedHiddenPixels

ALONE = Evidence(noise=NoiseEstimate(sigma=1.0, patches=1, correlation=(1.0, 0.0), detail=0.05))
SHARED = Evidence(noise=NoiseEstimate(sigma=1.0, patches=1, correlation=(1.0, 0.5, 0.0), detail=0.05))


def test_independent_noise_hides_single_pixels_of_patches() -> None:
    config = BlindSpot().config(ALONE)
    assert (config.sampling.blind_spot_radius, config.sampling.patch_size) == (0, 128)
    assert (config.iterations, config.averaging) == (1200, 0.9)
    assert config.architecture == HALF_RESOLUTION["balanced"]


def test_correlated_noise_hides_squares_of_the_full_image_for_half_the_steps() -> None:
    config = BlindSpot().config(SHARED)
    assert (config.sampling.blind_spot_radius, config.sampling.patch_size) == (2, 0)
    assert config.sampling.mask_fraction == (0.5, 0.5)
    assert (config.iterations, config.averaging, config.architecture) == (600, 0.995, COARSE)
    assert BlindSpot().config(dataclasses.replace(SHARED, volume=True)).architecture == VOLUME["balanced"]


@pytest.mark.parametrize(("detail", "weight"), [(0.05, 0.0), (0.5, 0.01)])
def test_total_variation_is_for_what_cannot_be_predicted(detail: float, weight: float) -> None:
    noise = dataclasses.replace(ALONE.noise, detail=detail)
    assert BlindSpot().config(dataclasses.replace(ALONE, noise=noise)).tv_weight == weight
    assert BlindSpot(denoises=False).config(dataclasses.replace(ALONE, noise=noise)).tv_weight == 0


@pytest.mark.parametrize(("side", "steps"), [(64, 100), (128, 256), (256, 1024), (512, 1200)])
def test_a_small_image_is_not_looked_at_until_it_is_known_by_heart(side: int, steps: int) -> None:
    noise = dataclasses.replace(ALONE.noise, pixels=side**2)
    assert BlindSpot().config(dataclasses.replace(ALONE, noise=noise)).iterations == steps
    assert BlindSpot().config(Evidence(noise=noise, preset="paper")).iterations == 3000
    assert BlindSpot(denoises=False).config(Evidence(noise=noise)).iterations == 1200
    outliers = dataclasses.replace(noise, outliers=True)
    assert BlindSpot().config(Evidence(noise=outliers)).iterations == 1200


def test_pixels_are_kept_out_of_the_loss_to_judge_it_by() -> None:
    held = BlindSpot().held_out(ALONE)
    assert isinstance(held, UnfittedHiddenPixels)
    assert type(BlindSpot().held_out(SHARED)) is HiddenPixels
    assert type(BlindSpot(denoises=False).held_out(ALONE)) is HiddenPixels
