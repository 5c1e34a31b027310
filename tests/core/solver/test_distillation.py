"""A student learns to draw what it is taught, in one pass in which nothing is left to chance."""

from __future__ import annotations

import dataclasses

import pytest
import torch

from napari_deep_prior import Fit, Settings
from napari_deep_prior.core.networks.architecture import Architecture
from napari_deep_prior.core.sampling.chance import Chance
from napari_deep_prior.core.solver import distillation
from napari_deep_prior.core.solver.distillation import Distillation, DistilledNetwork, Lesson, student_of
from napari_deep_prior.core.solver.trained import TrainedNetwork

QUICK = Settings(preset="fast", iterations=5, seconds="never", device="cpu", precision="float32", context=0)


SMALL = Architecture(channels=(8, 8), skip=4, pointwise=False, padding="zeros", head_scale=0.1)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(distillation, "ARCHITECTURE", SMALL)


def chance(seed: int = 0) -> Chance:
    return Chance.of(seed, device=torch.device("cpu"))


@pytest.fixture
def lessons(film) -> tuple[TrainedNetwork, list[Lesson]]:
    """The teacher gives half of each image, and is uncertain by a tenth of it."""
    list(fit := Fit(film(3), None, QUICK, axes="TYX"))
    shared = fit._beginnings.shared
    assert shared is not None
    observations = [plane.observation() for plane in shared._parts]
    made = [Lesson(observation=one, image=one.image / 2, deviation=one.image.abs() / 10) for one in observations]
    return shared._drawer.trained, made


def learnt(trained: TrainedNetwork, lessons: list[Lesson], steps: int) -> DistilledNetwork:
    learning = Distillation(lessons, trained, chance(), steps=steps)
    while not learning.step():
        pass
    assert learning.done == steps
    return learning.network()


def test_it_draws_what_it_was_taught(lessons: tuple[TrainedNetwork, list[Lesson]]) -> None:
    trained, taught = lessons
    errors = []
    for student in (learnt(trained, taught, steps) for steps in (3, 60)):
        drawing = student.drawings(taught[1].observation, chance())
        assert drawing.next()
        raw = drawing.mean - taught[1].image
        errors.append((float(raw.square().mean()), float((drawing.deviation - taught[1].deviation).square().mean())))
    assert errors[1][0] < 0.3 * errors[0][0]
    assert errors[1][1] < 0.5 * errors[0][1]


def test_nothing_is_left_to_chance_and_what_follows_a_change_is_its_own(
    lessons: tuple[TrainedNetwork, list[Lesson]],
) -> None:
    trained, taught = lessons
    student, observation = learnt(trained, taught, 5), taught[0].observation
    one, other = (student.drawings(observation, chance(seed)) for seed in (0, 7))
    assert torch.equal(one.mean, observation.image)  # before it is drawn
    assert one.next()
    assert other.next()
    assert torch.equal(one.mean, other.mean)
    assert float(one.deviation.min()) >= 0
    change = torch.zeros_like(observation.image)
    change[..., 10, 10] = 0.5
    changed = student.drawings(dataclasses.replace(observation, image=observation.image + change), chance())
    assert changed.next()
    assert float((changed.mean - one.mean).abs()[..., 10, 10]) > 0


def test_its_weights_make_it_again(lessons: tuple[TrainedNetwork, list[Lesson]]) -> None:
    trained, taught = lessons
    student, observation = learnt(trained, taught, 5), taught[0].observation
    again = student_of(trained, observation, **student.state_dict())
    one, other = (each.drawings(observation, chance()) for each in (student, again))
    assert one.next()
    assert other.next()
    assert torch.equal(one.image, other.image)
    assert (again.steps, again.title) == (student.steps, student.title)
