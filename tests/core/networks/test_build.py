"""A network is built from a private generator, with PyTorch's default distribution, without PyTorch's compiler."""

from __future__ import annotations

import dataclasses
import subprocess
import sys

import pytest
import torch

from napari_deep_prior.core.networks.architecture import Architecture
from napari_deep_prior.core.networks.build import build_network
from napari_deep_prior.core.networks.chain import PlainCNN
from napari_deep_prior.core.networks.hourglass import Hourglass

THIN = Architecture(channels=(4, 6), skip=2, pointwise=False, padding="zeros")
CHAIN = Architecture(channels=(8,), skip=0, chain=3)


def weights(architecture: Architecture, seed: int = 0) -> dict[str, torch.Tensor]:
    return build_network(architecture, 3, 1, torch.Generator().manual_seed(seed)).state_dict()


def test_the_architecture_decides_the_kind() -> None:
    assert isinstance(build_network(THIN, 2, 1, torch.Generator()), Hourglass)
    assert isinstance(build_network(CHAIN, 2, 1, torch.Generator()), PlainCNN)


@pytest.mark.parametrize("architecture", [THIN, CHAIN])
def test_weights_come_from_the_private_generator_alone(architecture: Architecture) -> None:
    torch.manual_seed(1)
    first, after = weights(architecture), torch.rand(3)
    torch.manual_seed(1)
    assert torch.equal(torch.rand(3), after), "nothing was taken from the global generator"
    second, third = weights(architecture), weights(architecture, seed=1)
    assert all(torch.equal(first[key], second[key]) for key in first)
    assert any(not torch.equal(first[key], third[key]) for key in first)


def test_the_distribution_is_pytorchs_own() -> None:
    wide = dataclasses.replace(CHAIN, channels=(64,))
    kernel = weights(wide)["body.2.weight"]  # 64 x 64 x 3 x 3
    torch.manual_seed(0)
    usual = torch.nn.Conv2d(64, 64, 3).weight.detach()
    assert float(kernel.std()) == pytest.approx(float(usual.std()), rel=0.02)
    assert float(kernel.abs().max()) == pytest.approx(float(usual.abs().max()), rel=0.02)
    assert abs(float(kernel.mean())) < 1e-3


def test_the_head_is_scaled_and_batch_statistics_begin_neutral() -> None:
    full, small = weights(THIN), weights(dataclasses.replace(THIN, head_scale=0.1))
    torch.testing.assert_close(small["head.weight"], 0.1 * full["head.weight"])
    assert torch.equal(full["body.normalise.weight"], torch.ones(8))
    assert not full["body.normalise.running_mean"].any()


def test_kernels_are_channels_last() -> None:
    network = build_network(dataclasses.replace(CHAIN, channels=(16,)), 4, 3, torch.Generator())
    assert network.body[2].weight.is_contiguous(memory_format=torch.channels_last)


SCRIPT = """
import sys
import numpy as np
from napari_deep_prior import Settings, restore

restore(np.random.default_rng(0).normal(5, 1, (32, 32)), settings=Settings(preset="fast", iterations=2, seconds="never"))
print([name for name in ("sympy", "torch._dynamo") if name in sys.modules])
"""


def test_a_fit_does_not_load_pytorchs_compiler() -> None:
    """It would take seconds in which nothing is to be seen yet."""
    run = subprocess.run([sys.executable, "-W", "ignore", "-c", SCRIPT], capture_output=True, text=True, check=False)
    assert run.stdout.strip() == "[]", run.stdout + run.stderr
