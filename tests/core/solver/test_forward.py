"""One pass forwards: activation, base and forward model in their order."""

from __future__ import annotations

import torch

from napari_deep_prior.core.compute import device as devices
from napari_deep_prior.core.imaging.symmetries import identity
from napari_deep_prior.core.physics.forward_model import ForwardModel
from napari_deep_prior.core.sampling.sample import Sample
from napari_deep_prior.core.solver.forward import forward


class Halved(ForwardModel):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x / 2


def test_the_base_is_added_before_the_activation_and_the_model_comes_last() -> None:
    ones = torch.ones(1, 1, 4, 4)
    sample = Sample(3 * ones, identity, ones, ones, ones)
    found = forward(torch.nn.Identity(), sample, torch.square, Halved(), devices.choose("cpu", "float32", 1))
    assert torch.equal(found.image, 16 * ones)
    assert torch.equal(found.degraded, 8 * ones)


def test_a_next_stage_starts_from_the_output() -> None:
    ones = torch.ones(1, 1, 4, 4)
    last = Sample(5 * ones, identity, 0.0, ones, ones, in_image_domain=True)
    first = Sample(
        3 * ones, identity, 0.0, ones, ones, next_stage=lambda out: last if torch.equal(out, 3 * ones) else first
    )
    found = forward(torch.nn.Identity(), first, torch.nn.Identity(), Halved(), devices.choose("cpu", "float32", 1))
    assert torch.equal(found.degraded, 5 * ones)
