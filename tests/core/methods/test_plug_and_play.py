"""Deconvolution in turns with a denoiser: what the blur asks for is met, noise is as told, and no fault feeds itself."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from napari_deep_prior.core.methods import plug_and_play
from napari_deep_prior.core.physics import convolution, padding
from napari_deep_prior.core.physics.stages import DegradationStages
from napari_deep_prior.core.run.fit import Fit
from napari_deep_prior.core.run.restore import restore
from napari_deep_prior.core.sampling.stage_sampler import StageSampler
from napari_deep_prior.core.settings import Settings
from napari_deep_prior.core.tasks.deconvolve import Deconvolve

KERNEL = torch.tensor([[0.0, 1.0, 0.0], [2.0, 4.0, 1.0], [0.0, 1.0, 0.0]]) / 9


def random(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(seed).uniform(0.2, 0.9, shape))


@given(st.sampled_from([(21, 18), (5, 14, 12)]), st.floats(0.03, 10), st.floats(0, 0.5))
def test_the_nearest_picture_solves_its_equation(shape: tuple[int, ...], hold: float, missing: float) -> None:
    kernel = KERNEL.double()[(None,) * (len(shape) - 2)]
    margin = padding.psf_margin(kernel.shape)
    wide = tuple(n + 2 * m for n, m in zip(shape, margin, strict=True))
    observed, drawn = convolution.convolve_valid(random(1, 2, *wide), kernel), 0.5 * random(1, 2, *wide, seed=1) + 0.3
    weight = (random(1, 1, *shape, seed=2) > 0.2 + 0.7 * missing).double()
    found = plug_and_play._BlurOperator(observed, weight, kernel).proximal(drawn, penalty=hold).requires_grad_()
    cost = (weight * (convolution.convolve_valid(found, kernel) - observed).square()).sum() + hold * (
        found - drawn
    ).square().sum()
    (slope,) = torch.autograd.grad(cost, found)
    free = found.detach() > 0  # where the floor does not hold it
    assert free.double().mean() > 0.8
    assert float(slope[free].square().mean()) < 1e-3 * float(hold**2 + 1)


def learnt(observed: torch.Tensor, deviation: float) -> DegradationStages:
    begun = padding.pad_replicate(observed, padding.psf_margin(KERNEL.shape))
    return plug_and_play.deconvolution_stages(begun, observed, torch.ones_like(observed), deviation, KERNEL)


@pytest.mark.parametrize("deviation", [0.0, 0.03])
def test_noise_falls_from_turn_to_turn_and_is_shown_to_the_network(deviation: float) -> None:
    again = learnt(random(1, 1, 64, 60).float(), deviation)
    flat = torch.zeros(1, 1, 200, 200)
    lost = [once.degrade(flat, torch.Generator().manual_seed(0)) for once in again.stages]
    levels = [float(once.network_input(flat)[0, 1].unique()) for once in again.stages]
    np.testing.assert_allclose([float(x.std()) for x in lost], levels, rtol=0.05)
    assert levels == sorted(levels, reverse=True)
    assert levels[-1] == pytest.approx(max(deviation, 0.004), rel=1e-3)
    assert all(picture.shape[-1] < 60 for picture in again.training_images(None))


def test_a_network_gone_wild_moves_no_pixel_far(observe, chance) -> None:
    observed = random(1, 1, 64, 60).float()
    again = learnt(observed, 0.01)
    sampler = StageSampler(observe(observed), again, chance(), side=48)
    (sample,) = sampler.full_image()
    while True:
        met = sample.data_consistency(sample.residual_base + 1000.0)
        if sample.next_stage is None:
            break
        sample = sample.next_stage(met)
    assert float((met - again.initial_estimate).abs().max()) < 1.0


def test_a_known_blur_is_undone_in_turns_from_the_start_on() -> None:
    y, x = np.mgrid[:64, :64]
    sharp = np.where(np.hypot(y - 30, x - 34) < 14, 900.0, 200.0) + np.where(x % 12 < 4, 100.0, 0.0)
    task = Deconvolve(psf=np.ones((5, 5)))
    blurred = convolution.convolve_valid(torch.from_numpy(np.pad(sharp, 2, "edge"))[None, None], task.kernel())[
        0, 0
    ].numpy()
    blurred = blurred + np.random.default_rng(0).normal(0, 4, blurred.shape)
    settings = Settings(preset="fast", iterations=40, seconds="never", device="cpu")
    first, *_, last = Fit(blurred, task, settings=settings, clock=itertools.count().__next__)  # a snapshot at each step
    result = restore(blurred, task, settings=settings)
    assert result.record.planes[0].method == "plug-and-play"
    assert result.uncertainty.max() > 0
    errors = [float(np.square(image - sharp).mean()) for image in (blurred, first.image, last.image)]
    assert errors[1] < 0.5 * errors[0]
    assert errors[2] < 0.4 * errors[0]


def test_an_unknown_blur_is_fitted_by_a_fixed_code_and_cannot_be_repeated() -> None:
    image = np.random.default_rng(0).uniform(size=(24, 24))
    task = Deconvolve(blur="unknown", psf_size=5)
    with pytest.raises(ValueError, match="needs a loss that is known exactly"):
        restore(image, task, settings=Settings(method="plug-and-play", iterations=1))
    assert restore(image, task, settings=Settings(iterations=1)).record.planes[0].method == "deep-image-prior"
