"""The layers of all networks: the head is not quantised, gradients come in channels-last."""

from __future__ import annotations

import pytest
import torch

from napari_deep_prior.core.networks.layers import (
    CONVOLUTION,
    LAYOUT,
    NORMALISATION,
    channels_last_gradient,
    float32_head,
)


def test_the_head_computes_in_float32_within_autocast() -> None:
    head = CONVOLUTION[2](4, 1, 1)
    x = torch.rand(1, 4, 5, 6)
    with torch.autocast("cpu", torch.bfloat16):
        assert head(x).dtype == torch.bfloat16, "this test can fail"
        output = float32_head(head, x.bfloat16())
    assert output.dtype == torch.float32
    torch.testing.assert_close(output, head(x.bfloat16().float()))


@pytest.mark.parametrize("shape", [(2, 3, 8, 9), (1, 3, 4, 8, 9)])
def test_gradients_come_in_channels_last(shape: tuple[int, ...]) -> None:
    x = torch.rand(shape, requires_grad=True)
    formats = []
    y = channels_last_gradient(x * 1)
    y.register_hook(lambda g: formats.append(g.is_contiguous(memory_format=LAYOUT[len(shape) - 2])))
    y.backward(torch.rand(shape))
    assert formats == [True]
    assert x.grad is not None


def test_a_tensor_without_a_gradient_is_left_alone() -> None:
    x = torch.rand(1, 2, 3, 4)
    assert channels_last_gradient(x) is x


@pytest.mark.parametrize("dims", [2, 3])
def test_there_are_layers_for_planes_and_volumes(dims: int) -> None:
    x = torch.rand(2, 3, *[6] * dims)
    assert NORMALISATION[dims](4)(CONVOLUTION[dims](3, 4, 3, padding=1)(x)).shape == (2, 4, *[6] * dims)
