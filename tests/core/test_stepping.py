"""How a step's network is run."""

from __future__ import annotations

import pytest
import torch

from napari_deep_prior.core import device, networks, stepping
from napari_deep_prior.core.networks import Architecture

SMALL = Architecture(channels=(4, 4), skip=2)
ON_CARD = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an NVIDIA card")


def made(name: str, precision: str = "float32") -> tuple[networks.Hourglass, stepping.Stepping]:
    where = device.choose(name, precision)
    network = networks.drawn(SMALL, 2, 1, torch.Generator().manual_seed(0)).to(where.torch)
    return network, stepping.Stepping(network, where)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_weights_that_changed_count_within_one_context(precision: str) -> None:
    network, run = made("cpu", precision)
    shown = torch.rand(2, 2, 16, 16)
    before = run(shown)
    with torch.no_grad():
        for weight in network.parameters():
            weight.mul_(1.5)
    assert not torch.equal(run(shown), before)


def test_on_the_processor_nothing_is_captured() -> None:
    network, run = made("cpu")
    shown = torch.rand(1, 2, 16, 16)
    with torch.no_grad():
        assert torch.equal(run(shown), network(shown))
    assert torch.equal(run(shown), network(shown))


def test_what_cannot_be_captured_runs_as_it_stands(monkeypatch: pytest.MonkeyPatch, caplog) -> None:
    def refuses(*_: object) -> None:
        raise RuntimeError("operation not permitted when stream is capturing")

    monkeypatch.setattr(torch.cuda, "make_graphed_callables", refuses)
    network, run = made("cpu")
    run._step = None
    shown = torch.rand(1, 2, 16, 16)
    assert torch.equal(run(shown), network(shown))
    assert "could not be captured" in caplog.text


def test_the_network_itself_is_not_changed_by_being_captured(monkeypatch: pytest.MonkeyPatch) -> None:
    def spoils(module: torch.nn.Module, _: object) -> torch.nn.Module:
        module.forward = lambda shown: shown[:, :1] * 0  # as PyTorch does: the module itself is changed
        return module

    monkeypatch.setattr(torch.cuda, "make_graphed_callables", spoils)
    network, run = made("cpu")
    run._step = None
    shown = torch.rand(1, 2, 16, 16)
    assert not run(shown).any(), "a step runs what was captured"
    with torch.no_grad():
        assert torch.equal(run(shown), network(shown)), "the whole does not"


@ON_CARD
@pytest.mark.gpu
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_a_captured_step_has_the_gradients_of_a_plain_one(precision: str) -> None:
    network, run = made("cuda", precision)
    plain = stepping._Passes(network, device.choose("cuda", precision))
    for seed in range(3):
        shown = torch.rand(2, 2, 32, 32, generator=torch.Generator().manual_seed(seed)).cuda()
        found = []
        for each in (run, plain):
            network.zero_grad(set_to_none=True)
            each(shown).square().mean().backward()
            found.append([weight.grad.clone() for weight in network.parameters()])
        for captured, eager in zip(*found, strict=True):
            torch.testing.assert_close(captured, eager, rtol=1e-2, atol=1e-5)
        with torch.no_grad():
            for weight in network.parameters():
                weight.add_(0.01)  # in place, as the optimiser does
