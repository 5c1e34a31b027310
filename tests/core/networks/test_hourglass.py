"""The hourglass: any size, any channels, drawn from a private generator."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from napari_deep_prior.core.compute import device
from napari_deep_prior.core.networks.architecture import Architecture
from napari_deep_prior.core.networks.build import build_network
from napari_deep_prior.core.networks.catalogue import (
    COARSE,
    FULL_RESOLUTION,
    HALF_RESOLUTION,
    LARGE_HOLES,
    PLAIN,
    PUBLISHED,
    SMALL_HOLES,
    VOLUME,
)
from napari_deep_prior.core.networks.hourglass import Hourglass

THIN = Architecture(channels=(4, 4, 4, 4), skip=2, shuffle=2, pointwise=False, padding="zeros")


def made(architecture: Architecture, c_in: int, c_out: int, seed: int = 0) -> Hourglass:
    return build_network(architecture, c_in, c_out, torch.Generator().manual_seed(seed))


@given(
    st.integers(1, 37),
    st.integers(1, 37),
    st.integers(1, 4),
    st.sampled_from(["bilinear", "nearest"]),
    st.integers(0, 2),
)
def test_every_size_comes_out_as_it_went_in(height: int, width: int, channels: int, up: str, skip: int) -> None:
    architecture = Architecture(channels=(3, 4, 5), skip=skip, up=up, padding="reflect").for_shape((height, width))
    y = made(architecture, 3, channels)(torch.rand(1, 3, height, width))
    assert y.shape == (1, channels, height, width)
    assert y.isfinite().all()


@given(st.integers(1, 40), st.integers(1, 40))
def test_half_resolution_too(height: int, width: int) -> None:
    y = made(THIN.for_shape((height, width)), 2, 1)(torch.rand(1, 2, height, width))
    assert y.shape == (1, 1, height, width)


def test_the_far_edge_of_an_odd_size_is_no_other_than_that_of_an_even_one() -> None:
    """Strides that do not end evenly would surround it by zeros that no square that was learnt from had."""
    a = Architecture(channels=(4, 4, 4), skip=2, shuffle=2, padding="zeros")
    network = build_network(a, 1, 1, torch.Generator().manual_seed(0))
    odd = torch.rand(1, 1, 33, 41, generator=torch.Generator().manual_seed(1))
    even = torch.nn.functional.pad(odd, (0, 7, 0, 15), mode="replicate")
    assert network.multiples == [16, 16]
    assert torch.allclose(network(odd), network(even)[..., :33, :41], atol=1e-5)
    assert build_network(PUBLISHED, 1, 1, torch.Generator()).padded_shape((33, 41)) == (33, 41), (
        "the paper's is as published"
    )


def test_the_papers_network_has_the_papers_parameters() -> None:
    count = sum(p.numel() for p in Hourglass(PUBLISHED, 32, 3).parameters())
    assert count == 2_217_831  # printed by the authors' denoising notebook


@pytest.mark.parametrize("padding", ["reflect", "zeros"])
def test_every_weight_is_reached_by_the_gradient(padding: str) -> None:
    network = made(Architecture(channels=(4, 4), skip=2, padding=padding), 3, 1)
    network(torch.rand(1, 3, 16, 20)).square().sum().backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in network.parameters())


LAYOUTS = {
    "fine": FULL_RESOLUTION["balanced"],
    "half resolution": HALF_RESOLUTION["balanced"],
    "smooth": COARSE,
    "nearest": SMALL_HOLES["fast"],
    "without skip": LARGE_HOLES["fast"],
    "chain": PLAIN["balanced"],
    "volume": VOLUME["fast"],
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_every_gradient_is_laid_out_as_what_it_belongs_to(name: str) -> None:
    """Where it is not, the processor's kernels take ten to twenty times as long, and so do all before it.

    In bfloat16: of float32, PyTorch computes 1 x 1 x 1 convolutions on one thread by kernels that know one layout only.
    """
    if name == "volume" and device.choose("auto").name == "cpu" and device.choose("auto").precision != "bfloat16":
        pytest.skip("this processor computes bfloat16 by other kernels, which know one layout of volumes only")
    a = LAYOUTS[name]
    layout, shape = (torch.channels_last_3d, (8, 32, 32)) if a.dims == 3 else (torch.channels_last, (32, 48))
    network, seen = made(a.for_shape(shape), 4, 3), []

    def watched(module: torch.nn.Module, _: object, output: torch.Tensor) -> None:
        def arrives(gradients: tuple[torch.Tensor, ...]) -> None:
            seen.append((type(module).__name__, gradients[0].is_contiguous(memory_format=layout)))

        output.grad_fn.register_prehook(arrives)

    for module in network.modules():
        if not list(module.children()):
            module.register_forward_hook(watched)
    target = torch.rand(2, 3, *shape)  # not channels-last, as are all pictures
    with torch.autocast("cpu", torch.bfloat16):
        output = network(torch.rand(2, 4, *shape))
    (output - target).square().mean().backward()
    assert len(seen) > 5
    assert [name for name, laid_out in seen if not laid_out] == []
