"""The optimiser of a fit: Muon for kernels, Adam for the rest and for the unknowns of a forward model."""

from __future__ import annotations

import pytest
import torch

from napari_deep_prior.core.networks.architecture import Architecture
from napari_deep_prior.core.networks.build import Network, build_network
from napari_deep_prior.core.optimisation.adam import Adam
from napari_deep_prior.core.optimisation.optimiser import Optimiser

THIN = Architecture(channels=(4, 6), skip=2, pointwise=False, padding="zeros")


def network() -> Network:
    return build_network(THIN, 2, 1, torch.Generator().manual_seed(0))


def backward(net: Network) -> None:
    x = torch.rand(1, 2, 16, 16, generator=torch.Generator().manual_seed(1))
    (net(x) - 0.5).square().mean().backward()


def step(net: Network, optimiser: Optimiser | Adam) -> None:
    optimiser.zero_grad()
    backward(net)
    optimiser.set_step(0.5)
    optimiser.step()


def test_without_muon_it_is_adam() -> None:
    ours, other = network(), network()
    step(ours, Optimiser(ours, 0.01, muon=False))
    step(other, Adam([(list(other.parameters()), 0.01)]))
    assert all(torch.equal(a, b) for a, b in zip(ours.parameters(), other.parameters(), strict=True))


def test_muon_moves_all_kernels_but_the_head() -> None:
    """A first step of Adam has one size in all weights; one of Muon has not."""
    net = network()
    before = {name: weight.detach().clone() for name, weight in net.named_parameters()}
    step(net, Optimiser(net, 0.01, muon=True))
    kernels = {name: weight for name, weight in net.named_parameters() if weight.ndim > 2}
    assert len(kernels) > 3
    for name, weight in kernels.items():
        moved = (weight.detach() - before[name]).abs()
        assert bool(((moved - 0.005).abs() < 2e-4).all()) == (name == "head.weight"), name


def test_unknowns_move_at_their_own_rate() -> None:
    net, unknown = network(), torch.zeros(3, requires_grad=True)
    optimiser = Optimiser(net, 0.01, muon=True, unknowns=[unknown], unknowns_factor=5.0)
    optimiser.zero_grad()
    backward(net)
    (unknown - 1).square().sum().backward()
    optimiser.set_step()
    optimiser.step()
    assert unknown.tolist() == pytest.approx([0.05] * 3, rel=1e-3)
    optimiser.zero_grad()
    assert unknown.grad is None


def test_a_copy_is_not_touched_by_what_comes_after() -> None:
    net = network()
    optimiser = Optimiser(net, 0.01, muon=True)
    step(net, optimiser)
    state, weights = optimiser.state_dict(), [w.detach().clone() for w in net.parameters()]
    step(net, optimiser)
    expected = [w.detach().clone() for w in net.parameters()]
    step(net, optimiser)
    optimiser.load_state_dict(state)
    with torch.no_grad():
        for weight, saved in zip(net.parameters(), weights, strict=True):
            weight.copy_(saved)
    step(net, optimiser)
    assert all(torch.equal(a, b) for a, b in zip(net.parameters(), expected, strict=True))
