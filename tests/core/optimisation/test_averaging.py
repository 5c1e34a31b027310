"""The running mean: exact on constants, bias-corrected, and it comes back to a copy."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from napari_deep_prior.core.optimisation.averaging import RunningMean


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=30), st.floats(0, 0.99))
def test_it_is_the_weighted_mean_and_deviation(values: list[float], memory: float) -> None:
    running = RunningMean(torch.empty(1, dtype=torch.float64), memory)
    for value in values:
        running.add(torch.tensor([value], dtype=torch.float64))
    memories = [min(memory, t / (t + 5)) for t in range(len(values))]  # short while there are few
    weights = [(1 - m) * np.prod(memories[t + 1 :]) for t, m in enumerate(memories)]
    mean = np.average(values, weights=weights)
    assert float(running.mean) == pytest.approx(mean, abs=1e-6)
    variance = np.average((np.array(values) - mean) ** 2, weights=weights)
    assert float(running.deviation) ** 2 == pytest.approx(variance, abs=1e-5)


def test_the_first_values_are_soon_forgotten() -> None:
    running = RunningMean(torch.empty(1), 0.99)
    for value in [0.0] * 5 + [1.0] * 45:
        running.add(torch.tensor([value]))
    assert float(running.mean) > 0.99


def test_a_copy_is_not_touched_by_what_comes_after() -> None:
    running = RunningMean(torch.empty(3), 0.9)
    running.add(torch.ones(3))
    state, before = running.state_dict(), running.mean
    running.add(torch.full((3,), torch.nan))
    running.load_state_dict(state)
    assert torch.equal(running.mean, before)


def test_pixels_that_do_not_count_leave_hardly_a_trace() -> None:
    running = RunningMean(torch.empty(1, 1, 1, 2), 0.9)
    running.add(torch.tensor([[[[5.0, 5.0]]]]), torch.tensor([[[[0.0, 1.0]]]]))
    assert torch.allclose(running.mean, torch.tensor(5.0))  # something to show from the first value on
    running.add(torch.tensor([[[[1.0, 9.0]]]]), torch.tensor([[[[1.0, 0.0]]]]))
    assert torch.allclose(running.mean, torch.tensor([1.0, 5.0]), atol=0.02)
