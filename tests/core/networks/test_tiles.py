"""A large image drawn in tiles is the image drawn whole."""

from __future__ import annotations

import pytest
import torch

from napari_deep_prior.core.networks.architecture import Architecture
from napari_deep_prior.core.networks.build import build_network
from napari_deep_prior.core.networks.tiles import Tiled, reach


def network(architecture: Architecture) -> torch.nn.Module:
    made = build_network(architecture, 2, 1, torch.Generator().manual_seed(0))
    for module in made.modules():  # statistics as after a fit
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.uniform_(-0.1, 0.1)
            module.running_var.uniform_(0.5, 1.5)
    return made.eval()


ARCHITECTURES = [
    Architecture(channels=(6, 8), skip=4, shuffle=2, pointwise=False, padding="zeros"),
    Architecture(channels=(4, 6, 8), skip=4, pointwise=False, padding="zeros"),
    Architecture(channels=(4, 4), skip=4, padding="zeros", up="nearest"),
]


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("shape", [(150, 230), (64, 301)])
def test_tiles_are_seamless(architecture: Architecture, shape: tuple[int, int]) -> None:
    whole = network(architecture)
    image = torch.rand(1, 2, *shape, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        torch.testing.assert_close(Tiled(whole, architecture, 40)(image), whole(image), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_pixel_depends_on_nothing_beyond_the_reach(architecture: Architecture) -> None:
    whole, far = network(architecture), reach(architecture)
    side = 2 * far + 48
    image = torch.rand(1, 2, 16, side, generator=torch.Generator().manual_seed(1), requires_grad=True)
    whole(image)[0, 0, 8, side // 2].backward()
    touched = image.grad[0].abs().amax((0, 1)).nonzero().flatten()
    assert side // 2 - far <= int(touched.min())
    assert int(touched.max()) <= side // 2 + far
