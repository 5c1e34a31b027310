"""The unbiased risk of a split image."""

from __future__ import annotations

import pytest
import torch

from napari_deep_prior.core.stopping.split_risk import unbiased_risk


def test_its_mean_is_the_error_to_the_truth_but_for_a_constant() -> None:
    draw = torch.Generator().manual_seed(0)
    truth = torch.rand(1, 1, 300, 300, generator=draw)
    y = truth + 0.2 * torch.randn(truth.shape, generator=draw)
    everywhere = torch.ones_like(truth)
    risks, errors = [], []
    for bias in (0.0, 0.1, 0.3):
        n = 0.2 * torch.randn(truth.shape, generator=draw)
        result = truth + bias  # knows no noise
        risks.append(float(unbiased_risk(result, y, y - n / 0.9, truth, everywhere)))
        errors.append(bias**2)
    for i in (1, 2):
        assert risks[i] - risks[0] == pytest.approx(errors[i] - errors[0], abs=2e-3)
