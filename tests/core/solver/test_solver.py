"""The solver: one step, the running mean of what it draws, and copies of all that changes."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from napari_deep_prior import Denoise, Settings
from napari_deep_prior.core.compute import device
from napari_deep_prior.core.methods import Evidence
from napari_deep_prior.core.noise.estimate import NoiseEstimate
from napari_deep_prior.core.run.plan import plan_from
from napari_deep_prior.core.sampling.chance import Chance
from napari_deep_prior.core.solver.solver import Solver

CPU = device.choose("cpu", "float32", 1)
STRIPES = (0.4 + 0.2 * torch.sin(torch.arange(20.0))).expand(1, 1, 16, 20)
"""Finer than the mean of neighbours that a fit begins with."""

NOISE = NoiseEstimate(sigma=0.1, patches=9, correlation=(1.0, 0.0), pixels=320)


@pytest.fixture
def solver(observe: Any) -> Any:
    """Settings -> a solver of noisy stripes."""

    def made(seed: int = 0, *, brightness: float = 0.0, **settings: Any) -> Solver:
        noise = 0.02 * torch.randn(STRIPES.shape, generator=torch.Generator().manual_seed(9))
        asked = Settings(**{"preset": "fast", "iterations": 40, "device": "cpu", **settings})
        plan = plan_from(Denoise(), asked, Evidence(noise=NOISE, pixels=320))
        chance = Chance.of(seed, device=torch.device("cpu"))
        return Solver(observe(STRIPES + noise + brightness), plan.method, plan.config, plan.criterion, CPU, chance)

    return made


def stepped(made: Solver, steps: int) -> Solver:
    for _ in range(steps):
        made.step()
    return made


@pytest.mark.parametrize("method", ["deep-image-prior", "blind-spot"])
def test_its_steps_bring_the_image_nearer(solver: Any, method: str) -> None:
    made = stepped(solver(method=method), 1)
    first = float((made.image - STRIPES).square().mean())
    stepped(made, 39)
    assert made.iteration == 40
    assert (made.image - STRIPES).square().mean() < 0.5 * first
    assert made.image.shape == (1, 1, 16, 20)
    assert (made.deviation >= 0).all()
    assert not made.diverged()


@pytest.mark.parametrize("method", ["deep-image-prior", "blind-spot"])
def test_a_copy_brings_the_same_steps_back_and_is_not_changed_by_them(solver: Any, method: str) -> None:
    made = stepped(solver(method=method), 11)
    copy = made.state_dict()
    once = stepped(made, 9).image
    made.load_state_dict(copy)
    assert made.iteration == 11
    assert torch.equal(stepped(made, 9).image, once)


def test_another_solver_goes_on_from_a_copy_with_the_same_steps(solver: Any) -> None:
    """As one does that was read from a disk; one of another seed has other weights and other places before."""
    plain = {"method": "blind-spot", "stopping": "never"}  # what is held out is drawn from the seed
    made, other = stepped(solver(**plain), 11), solver(5, **plain)
    other.load_state_dict(made.state_dict())
    assert torch.equal(stepped(other, 9).image, stepped(made, 9).image)


def test_after_a_divergence_other_steps_follow(solver: Any) -> None:
    made = stepped(solver(method="blind-spot"), 11)
    copy = made.state_dict()
    once = stepped(made, 9).image
    made.recover(copy)
    assert made.iteration == 20, "steps go on"
    assert not torch.equal(stepped(made, 9).image, once)


def test_a_loss_that_jumps_or_is_no_number_is_a_divergence(solver: Any) -> None:
    made = stepped(solver(method="deep-image-prior"), 30)
    assert not made.diverged()
    loss = made._loss
    made._loss = 100 * loss
    assert made.diverged()
    made._loss = loss * float("nan")
    assert made.diverged()


def test_what_is_kept_out_is_judged_and_not_fitted(solver: Any) -> None:
    made = stepped(solver(method="deep-image-prior"), 10)
    assert made.hold_out.pixels.any()
    assert made.held_out_loss() > 0
    assert solver(method="deep-image-prior", stopping="never").held_out_loss() is None


def test_total_variation_is_added_to_the_loss(solver: Any) -> None:
    def roughness(weight: float) -> float:
        image = stepped(solver(method="deep-image-prior", tv_weight=weight), 40).image
        return float(image.diff(dim=-2).abs().mean())

    assert roughness(1.0) < roughness(0.0)


def test_its_size_is_no_less_than_that_of_a_copy(solver: Any) -> None:
    def nbytes(value: Any) -> int:
        if isinstance(value, torch.Tensor):
            return value.nbytes
        inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        return sum(map(nbytes, inside))

    made = stepped(solver(method="deep-image-prior"), 3)
    assert 0.5 * made.size < nbytes(made.state_dict()) < 1.05 * made.size, "Muon has one moment, Adam two"
