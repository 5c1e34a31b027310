"""A large image drawn in tiles is the image drawn whole."""

from __future__ import annotations

import pytest
import torch

from napari_deep_prior.core.networks.architecture import Architecture
from napari_deep_prior.core.networks.build import build_network
from napari_deep_prior.core.networks.tiles import Tiled, notes_on, reach


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


class Scarce(torch.nn.Module):
    """A network for which memory suffices up to some pixels."""

    def __init__(self, network: torch.nn.Module, most: int, error: Exception) -> None:
        super().__init__()
        self.network, self.most, self.error = network, most, error
        self.drawn: list[tuple[int, int]] = []
        self.failed = 0

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        rows, columns = x.shape[-2:]
        if rows * columns > self.most:
            self.failed += 1
            raise self.error
        self.drawn.append((rows, columns))
        return self.network(x)


@pytest.mark.parametrize("error", [torch.OutOfMemoryError("card"), MemoryError(), RuntimeError("not enough memory")])
@pytest.mark.parametrize(("tile", "side"), [(40, 20), (768, 16)])
def test_where_memory_is_exhausted_tiles_are_smaller(error: Exception, tile: int, side: int) -> None:
    architecture = ARCHITECTURES[2]
    whole = network(architecture)
    image = torch.rand(1, 2, 150, 230, generator=torch.Generator().manual_seed(1))
    scarce = Scarce(whole, 66**2, error)
    tiled = Tiled(scarce, architecture, tile)
    assert notes_on([whole, tiled]) == []
    with torch.no_grad():
        torch.testing.assert_close(tiled(image), whole(image), rtol=1e-4, atol=1e-5)
        assert scarce.failed > 0
        scarce.failed = 0
        torch.testing.assert_close(tiled(image), whole(image), rtol=1e-4, atol=1e-5)
    assert scarce.failed == 0, "the second time begins with what was enough"
    assert f"in tiles of {side} x {side} pixels" in notes_on([whole, tiled])[0]


def test_what_was_drawn_before_memory_was_exhausted_is_not_drawn_again() -> None:
    """The first two tiles lie in corners, and reach less far than those below them."""
    architecture = ARCHITECTURES[2]
    whole = network(architecture)
    image = torch.rand(1, 2, 120, 80, generator=torch.Generator().manual_seed(1))
    scarce = Scarce(whole, 60**2, MemoryError())
    with torch.no_grad():
        torch.testing.assert_close(Tiled(scarce, architecture, 40)(image), whole(image), rtol=1e-4, atol=1e-5)
    assert scarce.drawn[:2] == [(60, 60)] * 2
    assert len(scarce.drawn) == 2 + 4 * 4, "each of the four others in four parts"
    assert scarce.failed == 1


def test_other_errors_and_too_little_for_the_smallest_tile_are_raised() -> None:
    architecture = ARCHITECTURES[2]
    image = torch.rand(1, 2, 80, 80)
    with pytest.raises(RuntimeError, match="shapes"):
        Tiled(Scarce(network(architecture), 0, RuntimeError("shapes")), architecture, 40)(image)
    with pytest.raises(MemoryError):
        Tiled(Scarce(network(architecture), 0, MemoryError()), architecture, 40)(image)
