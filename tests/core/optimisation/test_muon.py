"""Muon: its steps are orthogonal, go downhill, and it comes back to a copy."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from napari_deep_prior.core.optimisation.muon import Muon, orthogonalise


@given(st.integers(1, 20), st.integers(1, 40), st.integers(0, 100))
def test_all_directions_count_alike(rows: int, columns: int, seed: int) -> None:
    matrix = torch.randn(rows, columns, generator=torch.Generator().manual_seed(seed))
    u, s, v = torch.linalg.svd(matrix, full_matrices=False)
    well = s / s.max() > 0.05  # nearly nothing stays nearly nothing
    singular = torch.einsum("ij,ik,kj->j", u, orthogonalise([matrix])[0], v.T)[well]
    assert singular.min() > 0.3
    assert singular.max() < 1.3


def test_no_gradient_is_no_step_and_no_nan() -> None:
    assert not orthogonalise([torch.zeros(3, 5)])[0].any()


def test_it_goes_downhill_by_steps_of_the_learning_rate() -> None:
    target = torch.randn(6, 4, 3, 3, generator=torch.Generator().manual_seed(0))
    kernel = torch.zeros(6, 4, 3, 3, requires_grad=True)
    muon, sizes = Muon([kernel], 0.05), []
    for _ in range(300):
        muon.zero_grad()
        torch.autograd.backward((kernel - target).square().mean())
        before = kernel.detach().clone()
        muon.set_step(1.0 if len(sizes) < 200 else 0.2)
        muon.step()
        sizes.append(float((kernel.detach() - before).square().mean().sqrt()))
    assert (kernel - target).square().mean() < 0.01 * target.square().mean()
    assert sizes[0] == pytest.approx(0.05 * 0.2, rel=0.3)


def test_a_copy_is_not_touched_by_what_comes_after() -> None:
    kernel = torch.ones(2, 2, 3, 3, requires_grad=True)
    muon = Muon([kernel], 0.1)

    def step() -> torch.Tensor:
        muon.zero_grad()
        torch.autograd.backward((kernel**2).sum())
        muon.set_step()
        muon.step()
        return kernel.detach().clone()

    step()
    state, before = muon.state_dict(), kernel.detach().clone()
    once = step()
    step()
    muon.load_state_dict(state)
    with torch.no_grad():
        kernel.copy_(before)
    assert torch.equal(step(), once)
