"""Frozen statistics are the mean over fresh batches, and what a network draws of a place depends on that place alone."""

from __future__ import annotations

import types

import pytest
import torch

from napari_deep_prior.core.compute import device
from napari_deep_prior.core.solver import freezing
from napari_deep_prior.core.solver.freezing import freeze_statistics


class Samples:
    """Batches of the values 0, 1, 2, ..."""

    def __init__(self) -> None:
        self.drawn = 0

    def sample(self) -> types.SimpleNamespace:
        self.drawn += 1
        return types.SimpleNamespace(input=torch.full((2, 1, 4, 4), float(self.drawn - 1)))


def test_they_are_the_mean_of_fresh_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(freezing, "_FRESH_BATCHES", 5)
    layer, samples = torch.nn.BatchNorm2d(1), Samples()
    layer.running_mean.fill_(100)
    freeze_statistics(layer, samples, device.choose("cpu", "float32", 1))
    assert samples.drawn == 5
    assert float(layer.running_mean) == pytest.approx(2.0)
    layer.eval()
    whole = torch.rand(1, 1, 4, 8)
    torch.testing.assert_close(layer(whole)[..., :4], layer(whole[..., :4]))
