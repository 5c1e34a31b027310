"""A network learns on from the piece it is about to draw: a copy of it, along its own random streams."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from napari_deep_prior import Fit, Settings
from napari_deep_prior.core.sampling.chance import Chance
from napari_deep_prior.core.sampling.observation import Observation
from napari_deep_prior.core.solver.adaptation import Adaptation
from napari_deep_prior.core.solver.trained import TrainedNetwork

QUICK = Settings(preset="fast", iterations=8, seconds="never", device="cpu", precision="float32", ensemble_size=2)


@pytest.fixture
def learnt(film) -> tuple[TrainedNetwork, Observation]:
    list(fit := Fit(film(2, 32, 40), None, dataclasses.replace(QUICK, context=0), axes="TYX"))
    shared = fit._beginnings.shared
    assert shared is not None
    assert shared._drawer is not None
    return dataclasses.replace(shared._drawer.trained, adapt=3), shared._first.observation()


def weights(trained: TrainedNetwork) -> list[np.ndarray]:
    return [values.numpy().copy() for network in trained.networks for values in network.state_dict().values()]


def test_a_copy_learns_on_and_the_same_seed_gives_the_same(learnt: tuple[TrainedNetwork, Observation]) -> None:
    trained, observation = learnt
    before = weights(trained)
    found = []
    for seed in (1, 1, 2):
        adaptation = Adaptation(trained, observation, seed=seed, plane=0)
        for left in (2, 1, 0):
            adaptation.step()
            assert (adaptation.left, adaptation.done) == (left, 3 - left)
        adapted = adaptation.adapted()
        assert not any(p.requires_grad for network in adapted.networks for p in network.parameters())
        found.append(weights(adapted))
    for now, then in zip(weights(trained), before, strict=True):
        np.testing.assert_array_equal(now, then)
    assert all(np.array_equal(one, same) for one, same in zip(found[0], found[1], strict=True))
    assert any((one != other).any() for one, other in zip(found[0], found[2], strict=True))
    assert any((one != then).any() for one, then in zip(found[0], before, strict=True))


def test_steps_lower_the_error_on_what_they_learn_from(learnt: tuple[TrainedNetwork, Observation]) -> None:
    trained, observation = learnt
    other = dataclasses.replace(observation, image=torch.flip(observation.image, (-1,)) * 0.5 + 0.4)
    adaptation = Adaptation(dataclasses.replace(trained, adapt=20), other, seed=0, plane=0)
    while adaptation.left:
        adaptation.step()
    errors = [
        network.error(other, Chance.of(0, device=trained.device.torch), context=False)
        for network in (trained, adaptation.adapted())
    ]
    assert errors[1] < errors[0]
