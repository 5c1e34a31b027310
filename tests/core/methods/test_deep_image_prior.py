"""The paper's method: its published numbers, and ours."""

from __future__ import annotations

import torch

from napari_deep_prior.core.methods import Evidence
from napari_deep_prior.core.methods._base import UNLIMITED
from napari_deep_prior.core.methods._network import Published
from napari_deep_prior.core.methods.deep_image_prior import DENOISING_STEPS, DeepImagePrior
from napari_deep_prior.core.networks.catalogue import PUBLISHED
from napari_deep_prior.core.noise.estimate import NoiseEstimate
from napari_deep_prior.core.stopping.frequencies import HeldOutFrequencies
from napari_deep_prior.core.stopping.pixels import PixelBlocks

NOISE = NoiseEstimate(sigma=1.0, patches=1, correlation=(1.0, 0.5, 0.0))
PAPER, BALANCED = Evidence(noise=NOISE, preset="paper"), Evidence(noise=NOISE)


def test_the_published_numbers_are_the_papers() -> None:
    """Supplement of Ulyanov et al. 2018, denoising: 3000 steps, learning rate 0.01, input noise 1/30, 32 channels, mean 0.99."""
    config = DeepImagePrior().config(PAPER)
    assert (config.iterations, config.learning_rate, config.averaging) == (3000, 0.01, 0.99)
    assert (config.input_noise, config.code_channels, config.smoothing_sigma) == (1 / 30, 32, 0.0)
    assert (config.architecture, config.activation) == (PUBLISHED, torch.sigmoid)
    assert not config.muon
    assert not config.anneal
    assert DeepImagePrior(published=Published(iterations=6000)).config(PAPER).iterations == 6000


def test_a_published_fit_starts_from_nothing_and_ours_from_an_estimate() -> None:
    method = DeepImagePrior()
    assert not method.starts_from_estimate(method.config(PAPER))
    assert method.starts_from_estimate(method.config(BALANCED))
    assert not DeepImagePrior(smoothing_sigma=0.0).starts_from_estimate(
        DeepImagePrior(smoothing_sigma=0.0).config(BALANCED)
    )


def test_steps_are_unlimited_unless_a_task_says_otherwise() -> None:
    assert DeepImagePrior().config(BALANCED).iterations == UNLIMITED
    assert DeepImagePrior(iterations=DENOISING_STEPS).config(BALANCED).iterations == 600


def test_held_out_blocks_are_twice_as_wide_as_noise_is_correlated() -> None:
    criterion = DeepImagePrior().criterion("auto", BALANCED)
    assert criterion == PixelBlocks(rule=criterion.rule, fraction=0.05, block_size=4)
    assert isinstance(DeepImagePrior().criterion("held-out-frequencies", BALANCED), HeldOutFrequencies)
