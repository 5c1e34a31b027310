"""Adam: the same steps as PyTorch's, and it comes back to a copy."""

from __future__ import annotations

import torch

from napari_deep_prior.core.optimisation.adam import Adam


def test_the_same_steps_as_pytorchs() -> None:
    draw = torch.Generator().manual_seed(0)
    mine = [torch.randn(4, 3, generator=draw, requires_grad=True), torch.randn(5, generator=draw, requires_grad=True)]
    theirs = [w.detach().clone().requires_grad_() for w in mine]
    own = Adam([(mine[:1], 0.1), (mine[1:], 0.01), ([], 1.0)])
    other = torch.optim.Adam([{"params": theirs[:1], "lr": 0.1}, {"params": theirs[1:], "lr": 0.01}])
    for _ in range(20):
        for weights, optimiser in ((mine, own), (theirs, other)):
            optimiser.zero_grad()
            torch.autograd.backward(sum(((w - 1) ** 4).sum() for w in weights))
            if optimiser is own:
                own.set_step()
            optimiser.step()
    assert all(torch.allclose(a, b, atol=1e-5) for a, b in zip(mine, theirs, strict=True))


def test_a_copy_is_not_touched_by_what_comes_after() -> None:
    weight = torch.ones(3, requires_grad=True)
    adam = Adam([([weight], 0.1)])

    def step() -> torch.Tensor:
        torch.autograd.backward((weight**2).sum())
        adam.set_step()
        adam.step()
        adam.zero_grad()
        return weight.detach().clone()

    step()
    state, before = adam.state_dict(), weight.detach().clone()
    once = step()
    step()
    adam.load_state_dict(state)
    with torch.no_grad():
        weight.copy_(before)
    assert torch.equal(step(), once)
