"""Laws of honesty, over tasks and methods: what a unit is changes nothing, light is kept, and what is known comes back."""

from __future__ import annotations

import dataclasses
import gc
import weakref
from typing import Any

import numpy as np
import pytest
import torch

from napari_deep_prior import Deconvolve, Denoise, Fit, Inpaint, RemoveArtifacts, Settings, SuperResolve, restore
from napari_deep_prior.core.tasks import AbstractTask

SHAPE = (48, 56)
DRAW = np.random.default_rng(0)
Y, X = np.mgrid[:48, :56]
CLEAN = 60 + 50 * np.sin(X / 9) * np.cos(Y / 7)
MASK = np.zeros(SHAPE, np.uint8)
MASK[20:23, 10:40] = 1
PSF = np.outer(*[np.exp(-(np.arange(-2.0, 3) ** 2) / 2)] * 2)
NOISES = {
    "gaussian": CLEAN + DRAW.normal(0, 8, SHAPE),
    "few photons": DRAW.poisson(CLEAN / 30).astype(float),
    "correlated": CLEAN + 8 * (lambda n: (n + np.roll(n, 1, 0) + np.roll(n, 1, 1)) / 1.7)(DRAW.normal(0, 1, SHAPE)),
}
RUNS: list[tuple[AbstractTask, Any]] = [
    *((Denoise(), method) for method in ("deep-image-prior", "blind-spot", "recorrupted", "nl-ridge")),
    (Inpaint(mask=MASK), "hole-filling"),
    (Inpaint(mask=MASK), "deep-image-prior"),
    (SuperResolve(factor=2), "zero-shot"),
    (Deconvolve(psf=PSF, background=5.0), "plug-and-play"),
    (RemoveArtifacts(artifact="stripes"), "auto"),
]


def name_of(value: Any) -> str | None:
    return type(value).__name__ if isinstance(value, AbstractTask) else None


def run(image: np.ndarray, task: AbstractTask, method: Any, axes: str | None = None) -> Any:
    settings = Settings(preset="fast", method=method, iterations=4, seconds="never", device="cpu", precision="float32")
    return restore(image, task, axes=axes, settings=settings)


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize(("task", "method"), RUNS, ids=name_of)
def test_any_unit_and_offset_gives_the_same_picture(task: AbstractTask, method: Any, noise: str) -> None:
    image, gain, offset = NOISES[noise] + 128, 4.0, 64.0  # far from 0, below which counts cannot fall
    moved = task
    if isinstance(task, Deconvolve):
        moved = dataclasses.replace(task, background=gain * task.background + offset)
    plain, other = run(image, task, method), run(gain * image + offset, moved, method)
    floor = 0.02 * gain * image.std()
    np.testing.assert_allclose(other.image, gain * plain.image + offset, atol=floor)
    np.testing.assert_allclose(other.uncertainty, gain * plain.uncertainty, atol=floor)


@pytest.mark.parametrize(("task", "method"), RUNS, ids=name_of)
def test_a_constant_channel_comes_back_and_spoils_nothing(task: AbstractTask, method: Any) -> None:
    image = NOISES["gaussian"]
    beside = np.stack([image, np.full(SHAPE, 100.0)])
    alone, both = run(image, task, method), run(beside, task, method, "CYX")
    assert (both.image[1] == 100).all()
    assert not both.uncertainty[1].any()
    # Steps add up what arrays that lie elsewhere in memory round otherwise.
    np.testing.assert_allclose(both.image[0], alone.image, atol=1e-3 * np.ptp(image))


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("method", ["deep-image-prior", "blind-spot", "recorrupted", "nl-ridge"])
def test_denoising_keeps_the_light(method: Any, noise: str) -> None:
    image = NOISES[noise]
    result = run(image, Denoise(), method).image
    assert result.mean() == pytest.approx(image.mean(), rel=1e-3)


@pytest.mark.parametrize(("task", "method"), RUNS, ids=name_of)
def test_what_has_no_negative_values_gets_none(task: AbstractTask, method: Any) -> None:
    dark = DRAW.poisson(np.where(X > 28, 3.0, 0.05)).astype(np.uint16)
    task = dataclasses.replace(task, background=0.0) if isinstance(task, Deconvolve) else task
    assert run(dark, task, method).image.min() >= 0


def networks_alive() -> list[Any]:
    """Asked by exact type: a look at every object wakes deprecated ones."""
    return [weakref.ref(found) for found in gc.get_objects() if issubclass(type(found), torch.nn.Module)]


@pytest.mark.parametrize("planes", [1, 2])
@pytest.mark.parametrize(("task", "method"), RUNS, ids=name_of)
def test_a_fit_has_no_circles_so_that_its_memory_is_free_at_once(task: AbstractTask, method: Any, planes: int) -> None:
    """A device is full long before Python collects garbage, and a run's thread must not collect at all."""
    settings = Settings(preset="fast", method=method, iterations=2, seconds="never", device="cpu", precision="float32")
    stack = np.stack([NOISES["gaussian"]] * planes)
    gc.collect()
    gc.disable()
    try:
        before = {id(kept()) for kept in networks_alive()}
        fit = Fit(stack, task, settings, axes="TYX")
        for _ in fit:
            pass
        networks = [kept for kept in networks_alive() if id(kept()) not in before]
        del fit
        assert [kept for kept in networks if kept() is not None] == []
    finally:
        gc.enable()
