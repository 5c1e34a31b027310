"""The laws every task obeys. They run over TASKS and the worked example of CONTRIBUTING.md: a new file is tested at once."""

from __future__ import annotations

import dataclasses
import importlib
import json
import pickle
import re
from pathlib import Path

import numpy as np
import pytest
import torch

from napari_deep_prior.core import tasks
from napari_deep_prior.core.data.axes import Axes
from napari_deep_prior.core.data.scaling import Scaling
from napari_deep_prior.core.noise.estimate import NoiseEstimate
from napari_deep_prior.core.noise.model import NoiseModel
from napari_deep_prior.core.parameters import parameters_of
from napari_deep_prior.core.run.restore import restore
from napari_deep_prior.core.settings import Settings
from napari_deep_prior.core.tasks import TASKS, AbstractTask, task_from_dict

ONE = np.ones((1, 1, 1))
PLAIN = Scaling(0 * ONE, ONE, 2 * ONE)
SHAPES = [(8, 8), (7, 12), (2, 3), (1, 9), (3, 7, 8), (1, 2, 5)]


@pytest.fixture(params=[*TASKS, "the worked example"])
def cls(request: pytest.FixtureRequest) -> type[AbstractTask]:
    return TASKS.get(request.param) or request.getfixturevalue("example")


def companions_of(cls: type[AbstractTask], shape: tuple[int, ...]) -> dict[str, np.ndarray]:
    """Something that fits for each companion: labels over a third of the pixels, a positive image."""
    draw = np.random.default_rng(0)
    made = {"labels": lambda size: draw.integers(0, 3, size) // 2, "image": lambda size: draw.uniform(0.1, 1, size)}
    layers = {p.name: p.layer for p in parameters_of(cls) if p.layer}
    return {name: made[layer.kind](shape) for name, layer in layers.items()}


def instances(cls: type[AbstractTask], shape: tuple[int, ...]) -> list[AbstractTask]:
    """The task as it comes, and with each flag turned over and each word chosen."""
    if cls.planes_only and len(shape) == 3:
        return []
    task = cls(**companions_of(cls, shape))
    others = [{p.name: not p.default} for p in parameters_of(cls) if p.flag]
    others += [{p.name: word} for p in parameters_of(cls) for word in p.choices]
    return [task, *(dataclasses.replace(task, **other) for other in others)]


def random(*shape: int) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(sum(shape)).standard_normal(shape))


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("shape", SHAPES)
def test_its_forward_model_maps_the_wanted_image_to_the_observed_grid(cls, shape, channels) -> None:
    observed = random(1, channels, *shape)
    for task in instances(cls, shape):
        model = task.forward_model(observed, task.masks(observed[0].numpy()))
        assert model.output_shape(shape) == task.output_shape(shape)
        drawn = random(1, channels, *model.input_shape(shape))
        assert model(drawn).shape == observed.shape
        assert model.upsample(observed).shape == drawn.shape


def test_misfit_is_a_number_that_is_least_at_the_observation(cls) -> None:
    for task in instances(cls, (8, 8)):
        observed = random(1, 2, 8, 8).abs()
        weight = (random(1, 1, 8, 8) > 0).double()
        for misfit in (
            task.misfit(None),
            task.misfit(NoiseModel(NoiseEstimate(sigma=0.5, base=0.1, gain=1.0, patches=1, correlation=(1.0,)), PLAIN)),
        ):
            best = misfit(observed, observed, weight)
            off = (observed + 0.3 * random(1, 2, 8, 8)).requires_grad_()
            loss = misfit(off, observed, weight)
            assert best.shape == loss.shape == ()
            assert best < loss
            (gradient,) = torch.autograd.grad(loss, off)
            assert gradient.isfinite().all()
            assert not gradient[(weight == 0).expand_as(gradient)].any(), "pixels of weight 0 have a say"


def test_a_misfit_that_shows_noise_is_that_of_the_noise_at_the_truth(cls) -> None:
    truth, noise = torch.full((1, 1, 120, 120), 0.5), NoiseEstimate(sigma=0.1, base=0.01, patches=1, correlation=(1.0,))
    observed = truth + 0.1 * random(1, 1, 120, 120).float()
    for task in instances(cls, (120, 120)):
        plane = observed[0].numpy()
        model = NoiseModel(task.adjust_noise(noise, plane, task.masks(plane)), PLAIN)
        misfit = task.misfit(model)
        if misfit.shows_noise and model.expected_loss is not None:
            value = float(misfit(truth, observed, torch.ones_like(observed)))
            assert value == pytest.approx(model.expected_loss, rel=0.05)


@pytest.mark.parametrize("shape", SHAPES)
def test_only_measured_pixels_are_returned_as_they_were(cls, shape) -> None:
    plane = np.random.default_rng(0).uniform(0, 200, (2, *shape)).astype(np.uint16)
    for task in instances(cls, shape):
        masks = task.masks(plane)
        for mask in (masks.known, masks.noisy, masks.kept):
            assert mask.shape == shape
            assert mask.dtype == np.bool_
        assert not (masks.kept & ~masks.known).any(), "a pixel that was not measured is returned as if it had been"


def test_companions_are_cut_for_each_plane(cls) -> None:
    axes, shape = Axes("TYXC"), (3, 8, 8, 2)
    whole = companions_of(cls, (3, 8, 8))
    own = {p.name for p in parameters_of(cls) if p.layer and p.layer.own_grid}
    task = cls(**whole)
    for t in range(3):
        cut = task.for_plane(axes, shape, (t, slice(None), slice(None), slice(None)))
        assert type(cut) is cls
        assert cut.as_dict() == task.as_dict()
        for name, array in cut.companions().items():
            np.testing.assert_array_equal(array, whole[name] if name in own else whole[name][t])
    for name in whole.keys() - own:
        wrong = dataclasses.replace(task, **{name: np.ones((8, 7))})
        with pytest.raises(ValueError, match=rf"^{name} has shape \(8, 7\)"):
            wrong.for_plane(axes, shape, (0, slice(None), slice(None), slice(None)))


def test_a_task_travels_by_pickle_and_by_record(cls, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(TASKS, cls.command(), cls)
    for task in instances(cls, (8, 8)):
        values = json.loads(json.dumps({"name": task.command(), **task.as_dict()}))
        for copy in (pickle.loads(pickle.dumps(task)), task_from_dict(values, **task.companions())):
            assert type(copy) is cls
            assert copy.as_dict() == task.as_dict()
            for name, array in task.companions().items():
                np.testing.assert_array_equal(copy.companions()[name], array)


def test_a_task_explains_itself(cls) -> None:
    assert re.fullmatch(r"[A-Z][a-z]+( [a-z]+)*", cls.title)
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", cls.command())
    assert re.fullmatch(r"[a-z]+( [a-z]+)*ed", cls.past)
    assert cls.menu.startswith(cls.title)
    assert cls.menu.endswith(" the selected image…")
    assert cls.summary.endswith(".")
    assert "\n" not in cls.summary
    assert cls.__doc__
    assert not cls.__doc__.startswith(f"{cls.__name__}("), "only what dataclass wrote"
    assert cls.__module__.rpartition(".")[2] == cls.title.lower().replace(" ", "_")
    for parameter in parameters_of(cls):
        assert parameter.doc.endswith("."), f"{parameter.name} is not documented"
        if parameter.layer is None:
            assert parameter.refuses(parameter.default) is None, f"{parameter.name} needs a default"


def test_a_task_is_final_frozen_and_adds_no_second_ancestor(cls) -> None:
    assert cls.__bases__ == (AbstractTask,)
    task = instances(cls, (8, 8))[0]
    for field in dataclasses.fields(cls):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(task, field.name, None)


@pytest.mark.parametrize("method", ["deep-image-prior", "blind-spot"])
def test_a_task_runs(cls, method) -> None:
    image = np.random.default_rng(0).uniform(0, 200, (3, 24, 17)).astype(np.uint16)
    settings = Settings(iterations=2, seconds="never", method=method, device="cpu")
    for task in instances(cls, image.shape[1:]):
        wanted = task.output_shape(image.shape[1:])
        result = restore(image, task, axes="CYX", settings=settings)
        assert result.image.shape == (3, *wanted)
        assert np.isfinite(result.image).all()
        assert result.record.task == {"name": task.command(), **task.as_dict()}


def test_tasks_are_collected_one_per_file_in_their_order() -> None:
    files = {p.stem for p in Path(tasks.__file__).parent.glob("*.py") if not p.stem.startswith("_")}
    assert files == {c.__module__.rpartition(".")[2] for c in TASKS.values()}
    assert [c.order for c in TASKS.values()] == sorted(c.order for c in TASKS.values())
    assert all(name == c.command() for name, c in TASKS.items())


def test_the_worked_example_is_found_by_itself(example) -> None:
    assert issubclass(example, AbstractTask)
    assert example.command() not in TASKS  # and leaves no trace
    assert importlib.import_module("napari_deep_prior.core.tasks").TASKS is TASKS


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an NVIDIA card")
def test_it_runs_on_a_card_and_is_captured_there(cls: type[AbstractTask], caplog: pytest.LogCaptureFixture) -> None:
    draw = np.random.default_rng(0)
    flat, deep = instances(cls, (32, 40)), instances(cls, (20, 24, 28))[:1]
    for task, shape in [*((task, (32, 40)) for task in flat), *((task, (20, 24, 28)) for task in deep)]:
        image = draw.poisson(50 + 50 * (np.indices(shape)[-1] > 20)).astype(np.uint16)
        settings = Settings(preset="fast", iterations=12, volume=len(shape) == 3, device="cuda")
        result = restore(image, task, axes="ZYX"[-len(shape) :], settings=settings)
        assert np.isfinite(result.image).all()
        assert result.record.device["name"] == "cuda"
    assert "could not be captured" not in caplog.text
