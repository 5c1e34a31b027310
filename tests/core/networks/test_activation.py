"""The last non-linearity: never below 0, no bound above, and there and back."""

from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st

from napari_deep_prior.core.networks.activation import MIN_VALUE, inverse_soft_sigmoid, soft_sigmoid


@given(st.floats(-50, 50))
def test_it_rises_and_is_never_below_zero(x: float) -> None:
    low, high = soft_sigmoid(torch.tensor([x, x + 0.5], dtype=torch.float64))
    assert 0 <= low < high


@given(st.floats(MIN_VALUE, 20))
def test_there_and_back(value: float) -> None:
    picture = torch.tensor(value, dtype=torch.float64)
    assert torch.isclose(soft_sigmoid(inverse_soft_sigmoid(picture)), picture, atol=1e-6)


def test_it_is_smooth_where_the_two_parts_meet() -> None:
    x = torch.tensor([-1e-4, 1e-4], dtype=torch.float64, requires_grad=True)
    (slopes,) = torch.autograd.grad(soft_sigmoid(x).sum(), x)
    assert torch.isclose(slopes[0], slopes[1], rtol=1e-6)
