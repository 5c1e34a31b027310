"""Laws that every method keeps, whatever it does. They run over METHODS and the worked example of CONTRIBUTING.md."""

from __future__ import annotations

import dataclasses
import math
import re
from typing import get_args

import numpy as np
import pytest
import torch

from napari_deep_prior import Deconvolve, Denoise, Fit, Inpaint, RemoveArtifacts, Settings, SuperResolve, restore
from napari_deep_prior.core.diagnostics.forecast import forecast_bytes
from napari_deep_prior.core.imaging.holes import NO_HOLES, HoleStatistics
from napari_deep_prior.core.methods import METHODS, Evidence, Method
from napari_deep_prior.core.methods._base import UNLIMITED
from napari_deep_prior.core.methods._network import NetworkConfig
from napari_deep_prior.core.networks.catalogue import Preset
from napari_deep_prior.core.noise.estimate import NoiseEstimate
from napari_deep_prior.core.run.plan import plan_from
from napari_deep_prior.core.stopping import STOPPING, Criterion

RNG = np.random.default_rng(0)
SHAPE = (40, 48)
MASK = np.zeros(SHAPE, np.uint8)
MASK[20:23, 10:40] = 1
TASKS = [
    Denoise(),
    Inpaint(mask=MASK),
    SuperResolve(factor=2),
    Deconvolve(psf=np.ones((3, 3))),
    RemoveArtifacts(artifact="stripes"),
]
NOISE = NoiseEstimate(sigma=1.0, patches=9, correlation=(1.0, 0.05), pixels=1920)
HOLES = HoleStatistics(fraction=0.05, typical_width=3.0, max_width=3, pixels=1920)
EVIDENCE = Evidence(noise=NOISE, holes=HOLES, pixels=1920, repeatable=True)
CANDIDATES = [method for task in TASKS for method in task.methods(EVIDENCE)]
QUICK = Settings(preset="fast", iterations=3, seconds="never", device="cpu", precision="float32")


def name_of(method: Method | type[Method]) -> str:
    return (method if isinstance(method, type) else type(method)).__name__


EXAMPLE = "the worked example"


@pytest.fixture(params=[*METHODS, EXAMPLE], ids=lambda x: x if isinstance(x, str) else name_of(x))
def cls(request: pytest.FixtureRequest) -> type[Method]:
    return request.getfixturevalue("example_method") if request.param == EXAMPLE else request.param


@pytest.fixture(params=[*CANDIDATES, EXAMPLE], ids=lambda x: x if isinstance(x, str) else name_of(x))
def method(request: pytest.FixtureRequest) -> Method:
    return request.getfixturevalue("example_method")() if request.param == EXAMPLE else request.param


def test_every_method_is_a_candidate_of_a_task() -> None:
    assert {type(method) for method in CANDIDATES} == set(METHODS)


def test_a_method_says_what_it_is(cls: type[Method]) -> None:
    assert cls.summary.endswith(".")
    assert cls.uncertainty[0].isupper()
    assert cls.uncertainty.endswith(".")
    assert re.search(r"\(\d{4}\)\.$", cls.citation)
    assert len({other.order for other in {*METHODS, cls}}) == len({*METHODS, cls})


@pytest.mark.parametrize("preset", get_args(Preset))
def test_every_preset_has_numbers(method: Method, preset: Preset) -> None:
    evidence = dataclasses.replace(EVIDENCE, preset=preset)
    if method.refuses(evidence) is not None or (preset == "instant" and not method.is_instant):
        return
    config = method.config(evidence)
    assert 1 <= config.iterations <= UNLIMITED
    assert config == method.config(evidence), "the same evidence, the same numbers"
    if not isinstance(config, NetworkConfig):
        assert config.iterations == 1
        return
    assert 0 <= config.averaging < 1
    assert 0 < config.learning_rate <= 1
    assert config.tv_weight >= 0
    volume = dataclasses.replace(evidence, volume=True, holes=dataclasses.replace(HOLES, fraction=0.0))
    if method.refuses(volume) is None:
        assert method.config(volume).architecture.dims == 3


def test_what_it_answers_is_a_sentence_or_nothing(method: Method) -> None:
    nothing_known = NoiseEstimate(sigma=0.0, patches=0, correlation=(1.0,))
    for evidence in (
        EVIDENCE,
        dataclasses.replace(EVIDENCE, volume=True),
        dataclasses.replace(EVIDENCE, repeatable=False),
        dataclasses.replace(EVIDENCE, noise=nothing_known),
        dataclasses.replace(EVIDENCE, preset="paper"),
    ):
        refusal = method.refuses(evidence)
        assert refusal is None or (refusal.endswith(".") and refusal.split()[0] in ("needs", "fills", "has"))
        if refusal is None:
            reason = method.suits(evidence)
            assert reason is None or len(reason.split()) > 3
        assert all(isinstance(note, str) for note in method.notes(evidence))


@pytest.mark.parametrize("stopping", ["auto", *STOPPING])
def test_every_choice_of_stopping_has_a_criterion(method: Method, stopping: str) -> None:
    criterion = method.criterion(stopping, EVIDENCE)
    assert isinstance(criterion, Criterion)
    assert criterion.rule.start()(10, 1.0).stop is None
    assert method.criterion(stopping, EVIDENCE) == criterion


def fits() -> list[tuple[object, str]]:
    return [
        (task, name)
        for task in TASKS
        for name in dict.fromkeys(
            method.name
            for method in task.methods(EVIDENCE)
            if method.refuses(dataclasses.replace(EVIDENCE, repeatable=task.repeatable(None))) is None
        )
    ]


@pytest.mark.parametrize(("task", "name"), fits(), ids=lambda x: x if isinstance(x, str) else type(x).__name__)
def test_a_fit_takes_the_memory_that_was_told_and_repeats_bit_for_bit(task, name: str) -> None:
    takes_what_was_told_and_repeats(task, name, dataclasses.replace(QUICK, method=name))


def takes_what_was_told_and_repeats(task, name: str, settings: Settings) -> None:
    image = (100 + np.add.outer(np.arange(40), np.arange(48)) + RNG.normal(0, 10, SHAPE)).astype(np.float32)
    fits = [Fit(image, task, settings, threads=1) for _ in range(2)]
    for fit in fits:
        list(fit)
    assert np.array_equal(fits[0].result.image, fits[1].result.image)
    assert fits[0].result.record.planes[0].method == name
    least, most, _ = forecast_bytes(task, (1, *SHAPE), settings)
    assert least <= fits[0]._current.solver.memory <= most


def only(example_method: type[Method]) -> Denoise:
    """A task that is solved with the worked example."""

    class Only(Denoise):
        def methods(self, evidence: Evidence) -> tuple[Method, ...]:
            return (example_method(),)

    return Only()


def test_the_worked_example_takes_the_memory_that_was_told_and_repeats_bit_for_bit(example_method) -> None:
    takes_what_was_told_and_repeats(only(example_method), example_method.name, QUICK)


def test_the_worked_example_denoises(example_method) -> None:
    truth = 100 + 50 * np.sin(np.add.outer(np.arange(64) / 5, np.arange(64) / 7))
    noisy = (truth + np.random.default_rng(1).normal(0, 15, truth.shape)).astype(np.float32)
    settings = dataclasses.replace(QUICK, iterations=150)
    result = restore(np.stack([noisy, noisy[::-1]]), only(example_method), axes="TYX", settings=settings)
    error = np.square(result.image - np.stack([truth, truth[::-1]])).mean()
    assert error < 0.4 * np.square(noisy - truth).mean()


def test_the_worked_example_refuses_what_it_cannot_do(example_method) -> None:
    shared = dataclasses.replace(EVIDENCE, noise=dataclasses.replace(NOISE, correlation=(1.0, 0.6, 0.3)))
    for evidence in (EVIDENCE, shared, dataclasses.replace(EVIDENCE, volume=True)):
        assert example_method().refuses(evidence) == example_method.requires  # EVIDENCE has holes
    assert example_method().refuses(dataclasses.replace(EVIDENCE, holes=NO_HOLES)) is None
    assert example_method not in METHODS, "it leaves no trace"


def test_given_numbers_override_those_of_the_method_and_auto_does_not() -> None:
    plan = plan_from(Denoise(), Settings(method="deep-image-prior"), EVIDENCE)
    given = Settings(
        method="deep-image-prior",
        iterations=7,
        learning_rate=0.5,
        averaging=0.25,
        input_noise=0.125,
        tv_weight=2.0,
        ensemble_size=3,
    )
    config = plan_from(Denoise(), given, EVIDENCE).config
    assert (config.iterations, config.learning_rate, config.averaging, config.input_noise) == (7, 0.5, 0.25, 0.125)
    assert (config.tv_weight, config.ensemble_size, config.seconds) == (2.0, 3, 180.0)
    untouched = dataclasses.replace(
        config,
        **{
            name: getattr(plan.config, name)
            for name in ("iterations", "learning_rate", "averaging", "input_noise", "tv_weight", "ensemble_size")
        },
    )
    assert untouched == plan.config
    assert plan_from(Denoise(), Settings(seconds="never"), EVIDENCE).config.seconds == math.inf


def test_a_refresh_counts_the_steps_that_were_asked_for() -> None:
    config = NetworkConfig(
        architecture=CANDIDATES[0].architecture(EVIDENCE), iterations=95, averaging=0.9, refresh_fraction=0.1
    )
    assert config.refresh_every == 10
    assert dataclasses.replace(config, refresh_fraction=0.0).refresh_every == 0


def test_only_plug_and_play_counts_the_distance_from_its_estimate() -> None:
    std, image, estimate = torch.tensor(3.0), torch.tensor(1.0), torch.tensor(5.0)
    spreads = {type(method).__name__: float(method.spread(std, image, estimate)) for method in CANDIDATES}
    assert spreads.pop("PlugAndPlay") == 5.0
    assert set(spreads.values()) == {3.0}
