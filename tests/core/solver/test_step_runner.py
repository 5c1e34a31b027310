"""How a step is made: as it stands, or captured; the same either way."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import numpy as np
import pytest
import torch

from napari_deep_prior.core.compute import device
from napari_deep_prior.core.imaging.symmetries import DIHEDRAL, identity
from napari_deep_prior.core.run.fit import Fit
from napari_deep_prior.core.sampling.sample import Sample
from napari_deep_prior.core.settings import Settings
from napari_deep_prior.core.solver import step_runner as stepping
from napari_deep_prior.core.solver.solver import Solver
from napari_deep_prior.core.stopping import StepOutput
from napari_deep_prior.core.tasks import TASKS, AbstractTask

ON_CARD = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an NVIDIA card")


def draw(value: float, where: str = "cpu", shape: tuple[int, ...] = (2, 1, 4, 4)) -> Sample:
    full = torch.full(shape, float(value), device=where)
    return Sample(input=full, inverse=identity, residual_base=0.0, target=full + 1, weight=torch.ones_like(full))


class Summing:
    """A step that adds up what it is shown."""

    def __init__(self, where: str = "cpu") -> None:
        self.total, self.calls = torch.zeros((), device=where), 0

    def __call__(self, drawn: Sample) -> StepOutput:
        self.calls += 1
        self.total.add_(drawn.input.mean())
        return StepOutput(drawn, drawn.input * 2, drawn.target * 2)


def test_on_the_processor_each_step_is_run() -> None:
    step = Summing()
    run = stepping.StepRunner(device.choose("cpu"))
    for value in range(6):
        asked = draw(value)
        shown, output, _ = run(step, asked)
        assert shown is asked
        assert torch.equal(output, asked.input * 2)
    assert (step.calls, float(step.total)) == (6, 15)


@ON_CARD
@pytest.mark.gpu
def test_on_a_card_steps_are_captured_and_none_is_lost_or_taken_twice() -> None:
    step = Summing("cuda")
    run = stepping.StepRunner(device.choose("cuda"))
    for value in range(12):
        _, output, degraded = run(step, draw(value, "cuda"))
        assert (output == 2 * value).all()
        assert (degraded == 2 * value + 2).all()
    assert step.calls == stepping._WARM_UP + 1
    assert float(step.total) == sum(range(12))


@ON_CARD
@pytest.mark.gpu
def test_what_differs_in_more_than_its_numbers_is_run_as_it_stands() -> None:
    step = Summing("cuda")
    run = stepping.StepRunner(device.choose("cuda"))
    for value in range(6):
        run(step, draw(value, "cuda"))
    before = step.calls
    run(step, draw(6, "cuda", (1, 1, 4, 4)))
    turned = draw(7, "cuda")
    run(
        step,
        Sample(
            input=turned.input, inverse=DIHEDRAL[1][1], residual_base=0.0, target=turned.target, weight=turned.weight
        ),
    )
    assert step.calls == before + 2
    assert float(step.total) == sum(range(8))


@ON_CARD
@pytest.mark.gpu
def test_what_cannot_be_captured_runs_as_it_stands(caplog: pytest.LogCaptureFixture) -> None:
    step = Summing("cuda")

    def waits(drawn: Sample) -> StepOutput:
        float(drawn.input.sum())  # reads a number back, which a capture must not
        return step(drawn)

    run = stepping.StepRunner(device.choose("cuda"))
    for value in range(8):
        run(waits, draw(value, "cuda"))
    assert "could not be captured" in caplog.text
    assert float(step.total) == sum(range(8))
    assert torch.cuda.current_stream() == torch.cuda.default_stream()


@ON_CARD
@pytest.mark.gpu
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("method", ["deep-image-prior", "blind-spot", "recorrupted"])
def test_captured_steps_lead_where_plain_ones_do(method: str, precision: str, monkeypatch: pytest.MonkeyPatch) -> None:
    noisy = np.random.default_rng(0).normal(100, 10, (96, 96)) + 50 * (np.indices((96, 96)).sum(0) // 24 % 2)
    settings = Settings(
        preset="fast",
        method=method,
        device="cuda",
        precision=precision,
        iterations=6,
        seconds="never",
        stopping="never",
    )

    def image(task: AbstractTask) -> np.ndarray:
        fit = Fit(noisy, task, settings)
        for _ in fit:
            pass
        return fit.result.image

    captured = image(TASKS["denoise"]())
    monkeypatch.setattr(stepping, "_WARM_UP", -1)
    plain = image(TASKS["denoise"]())
    # Of values that spread over 50; another seed is off by more than 1, and later steps multiply what rounding differs in.
    assert np.abs(captured - plain).mean() < 0.2


@pytest.mark.parametrize("network", ["each", "shared"])
def test_planes_that_are_done_are_let_go(network: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Networks, means and, on a card, captured steps of a whole stack would not fit: none may wait for the garbage collector."""
    alive: weakref.WeakSet[Solver] = weakref.WeakSet()
    plain = Solver.__init__

    def counted(self: Solver, *args: Any, **kwargs: Any) -> None:
        plain(self, *args, **kwargs)
        alive.add(self)

    monkeypatch.setattr(Solver, "__init__", counted)
    stack = np.random.default_rng(0).normal(100, 10, (5, 24, 24))
    gc.collect()
    gc.disable()
    try:
        fit = Fit(
            stack,
            settings=Settings(preset="fast", iterations=2, seconds="never", device="cpu", network=network),
            axes="ZYX",
        )
        most = max(len(alive) for _ in fit)
        del fit
        assert most <= 2  # the present one, and the one before, which it starts from
        assert not alive
    finally:
        gc.enable()
