"""How what a network draws follows the image: not at all where nothing changes, about as little as it lets noise through."""

from __future__ import annotations

import dataclasses

import pytest
import torch

from napari_deep_prior import Fit, Settings
from napari_deep_prior.core.solver.following import Drawer

QUICK = Settings(preset="fast", iterations=30, seconds="never", device="cpu", precision="float32", context=1)


@pytest.fixture
def drawn(film):
    """The network of a film, and what it learnt from first."""
    fit = Fit(film(), None, QUICK, axes="TYX")
    list(fit)
    shared = fit._beginnings.shared
    assert shared is not None
    trained = shared._drawer.trained
    assert trained is not None
    drawer = Drawer(networks=trained.networks, method=trained.method, config=trained.config, device=trained.device)
    return drawer, shared._first.observation()


def test_without_a_change_nothing_differs_and_every_pixel_is_known(drawn) -> None:
    drawer, observation = drawn
    difference, seen = drawer.following(observation, torch.zeros_like(observation.image))
    assert float(difference.abs().max()) == 0
    assert float(seen.min()) > 0


def test_a_denoiser_follows_a_change_of_brightness_and_hardly_noise(drawn) -> None:
    drawer, observation = drawn
    brighter, _ = drawer.following(observation, torch.full_like(observation.image, 0.01))
    assert 0.5 < float(brighter.mean()) / 0.01 < 1.5
    noise = 0.01 * torch.randn(observation.image.shape, generator=torch.Generator().manual_seed(0))
    noisier, _ = drawer.following(observation, noise)
    assert float((noisier * noise).mean()) < 0.5 * float(noise.square().mean())


def test_several_networks_follow_in_their_mean(drawn) -> None:
    drawer, observation = drawn
    change = torch.full_like(observation.image, 0.01)
    once, _ = drawer.following(observation, change)
    twice, seen = dataclasses.replace(drawer, networks=[*drawer.networks] * 2).following(observation, change)
    assert float(seen.max()) > 4
    assert float((twice - once).abs().max()) < 0.01


def test_neighbouring_planes_may_be_hidden(drawn) -> None:
    drawer, observation = drawn
    change = 0.05 * torch.randn(observation.image.shape, generator=torch.Generator().manual_seed(0))
    beside, _ = drawer.following(observation, change)
    alone, _ = dataclasses.replace(drawer, shows_context=False).following(observation, change)
    assert (beside != alone).any()
