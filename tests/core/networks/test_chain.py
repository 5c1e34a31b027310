"""The plain CNN keeps the size, knows no batch statistics, and sees as far as its convolutions reach."""

from __future__ import annotations

import pytest
import torch

from napari_deep_prior.core.networks.architecture import Architecture
from napari_deep_prior.core.networks.build import build_network
from napari_deep_prior.core.networks.chain import PlainCNN

CHAIN = Architecture(channels=(6,), skip=0, chain=3)


def network(architecture: Architecture = CHAIN) -> PlainCNN:
    return build_network(architecture, 2, 1, torch.Generator().manual_seed(0))


@pytest.mark.parametrize("shape", [(1, 1), (7, 12), (33, 16)])
def test_every_size_comes_out_as_it_went_in(shape: tuple[int, int]) -> None:
    y = network()(torch.rand(1, 2, *shape))
    assert y.shape == (1, 1, *shape)
    assert y.isfinite().all()
    assert network().padded_shape(shape) == shape


def test_volumes_too() -> None:
    volume = Architecture(channels=(6,), skip=0, chain=2, dims=3)
    assert network(volume)(torch.rand(1, 2, 3, 9, 8)).shape == (1, 1, 3, 9, 8)


def test_an_image_does_not_depend_on_its_batch() -> None:
    batch = torch.rand(4, 2, 16, 16, generator=torch.Generator().manual_seed(1))
    net = network()
    torch.testing.assert_close(net(batch)[:1], net(batch[:1]))


def test_a_pixel_sees_one_pixel_further_per_convolution() -> None:
    x = torch.rand(1, 2, 21, 21, requires_grad=True)
    network()(x)[0, 0, 10, 10].backward()
    seen = x.grad.abs().sum((0, 1)) > 0
    assert seen[7:14, 7:14].any()
    seen[7:14, 7:14] = False
    assert not seen.any()
