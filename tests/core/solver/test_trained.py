"""A trained network draws a place by that place alone, and the mean of its drawings is less noisy than one."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from napari_deep_prior import Fit, Settings
from napari_deep_prior.core.optimisation.averaging import RunningMean

QUICK = Settings(preset="fast", iterations=30, seconds="never", device="cpu", precision="float32")


def test_with_the_decay_of_one_all_drawings_count_alike() -> None:
    values = torch.rand(9, 4, generator=torch.Generator().manual_seed(0))
    mean = RunningMean(values[0], 1.0, warm_up=1.0)
    for value in values:
        mean.add(value)
    np.testing.assert_allclose(mean.mean, values.mean(0), rtol=1e-5)
    np.testing.assert_allclose(mean.deviation, values.std(0, correction=0), rtol=1e-4)


@pytest.mark.parametrize("method", ["recorrupted", "blind-spot"])
def test_what_is_drawn_of_a_place_depends_on_its_surroundings_alone(film, method: str) -> None:
    fit = Fit(film(3, 64, 160), None, dataclasses.replace(QUICK, method=method, context=0), axes="TYX")
    list(fit)
    assert fit._beginnings.shared is not None
    assert fit._beginnings.shared._drawer is not None
    (network,) = fit._beginnings.shared._drawer.trained.networks
    whole = torch.rand(1, 2, 64, 160, generator=torch.Generator().manual_seed(0))
    other = whole.clone()
    other[..., 152:] = 0
    with torch.no_grad():
        change = (network(whole) - network(other)).abs()[..., :64]
    assert float(change.max()) == 0.0
