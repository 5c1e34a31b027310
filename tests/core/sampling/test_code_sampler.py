"""CodeSampler: the code stays the same, its noise is fresh, a guide stands beside it."""

from __future__ import annotations

import pytest
import torch

from napari_deep_prior.core.sampling.code_sampler import CodeSampler


def test_the_code_is_fixed_and_the_input_noise_is_fresh(observe, chance) -> None:
    observation = observe(torch.ones(1, 1, 6, 9))
    still = CodeSampler(observation, chance(), channels=4, input_noise=0.0, smoothing_sigma=0.0)
    code = still.sample().input
    assert torch.equal(still.sample().input, code)
    assert code.shape == (1, 4, 6, 9)
    assert code.min() >= 0
    assert code.max() <= 0.1
    shaken = CodeSampler(observation, chance(), channels=4, input_noise=0.03, smoothing_sigma=0.0)
    first, second = shaken.sample().input, shaken.sample().input
    assert not torch.equal(first, second)
    assert (first - code).std() == pytest.approx(0.03, rel=0.2)


def test_a_guide_stands_after_the_code_without_noise(observe, chance) -> None:
    guide = torch.rand(1, 1, 8, 12)
    sampler = CodeSampler(
        observe(torch.rand(1, 1, 8, 12), guide=guide), chance(), channels=4, input_noise=0.1, smoothing_sigma=1.0
    )
    shown = sampler.sample().input
    assert shown.shape == (1, 5, 8, 12)
    assert torch.equal(shown[:, 4:], guide)


def test_the_output_is_added_to_the_estimate_or_else_to_the_smoothed_image(observe, chance) -> None:
    image = torch.rand(1, 1, 12, 12)
    bases = [
        CodeSampler(observation, chance(), channels=2, input_noise=0.0, smoothing_sigma=sigma).sample().residual_base
        for observation, sigma in (
            (observe(image), 0.0),
            (observe(image), 2.0),
            (observe(image, estimate=torch.full_like(image, 0.75)), 2.0),
        )
    ]
    assert bases[0] == 0.0
    assert 0 < bases[1].std() < 4 * image.std()
    assert (bases[2] == 1.0).all()  # the activation's inverse of 0.75
