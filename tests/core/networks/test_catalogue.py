"""The catalogue: one network for each preset that has one, larger with each, and the paper's as published."""

from __future__ import annotations

from typing import get_args

import pytest
import torch

from napari_deep_prior.core.networks import catalogue
from napari_deep_prior.core.networks.build import build_network
from napari_deep_prior.core.networks.catalogue import Networks, Preset

CATALOGUES: dict[str, Networks] = {
    name: table for name, table in vars(catalogue).items() if isinstance(table, dict) and name.isupper()
}


def weights(networks: Networks, preset: str) -> int:
    """Number of weights of a network from 8 channels to one."""
    network = build_network(networks[preset], 8, 1, torch.Generator().manual_seed(0))
    return sum(weight.numel() for weight in network.parameters())


def test_all_are_looked_at() -> None:
    assert {"HALF_RESOLUTION", "FULL_RESOLUTION", "VOLUME", "PLAIN_VOLUME"} <= CATALOGUES.keys()


@pytest.mark.parametrize("name", CATALOGUES)
def test_every_preset_has_a_network_but_that_which_needs_none(name: str) -> None:
    assert [*CATALOGUES[name]] == [preset for preset in get_args(Preset) if preset != "instant"]


@pytest.mark.parametrize("name", CATALOGUES)
def test_a_preset_that_takes_longer_has_more_weights(name: str) -> None:
    fast, balanced, best = (weights(CATALOGUES[name], preset) for preset in ("fast", "balanced", "best"))
    assert balanced <= best
    assert fast < best
    assert fast <= balanced or CATALOGUES[name]["fast"].shuffle > 1, "at half resolution weights cost a quarter"


@pytest.mark.parametrize("name", CATALOGUES)
def test_those_for_volumes_and_no_others_are_of_three_axes(name: str) -> None:
    assert {architecture.dims for architecture in CATALOGUES[name].values()} == {3 if "VOLUME" in name else 2}


@pytest.mark.parametrize(
    ("name", "skip", "up"),
    [("HALF_RESOLUTION", 4, "bilinear"), ("SMALL_HOLES", 128, "nearest"), ("LARGE_HOLES", 0, "nearest")],
)
def test_the_papers_are_as_published(name: str, skip: int, up: str) -> None:
    """Ulyanov et al. 2018, supplement: five scales of 128 channels; skips and enlarging by task."""
    paper = CATALOGUES[name]["paper"]
    assert (paper.channels, paper.skip, paper.up) == ((128,) * 5, skip, up)
    assert paper.pointwise
    assert (paper.shuffle, paper.head_scale, paper.padding) == (1, 1.0, "reflect")
