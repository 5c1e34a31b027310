"""Noise of patches: positive, and shared as the pixels of the image share it."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from napari_deep_prior.core.imaging.patch_noise import PatchNoise, halved_correlation, positive_correlation

LAGS = torch.tensor([[0.1, 0.3, 0.1], [0.3, 1.0, 0.3], [0.1, 0.3, 0.1]])


def test_variance_grows_with_brightness_and_never_ends() -> None:
    noise = PatchNoise(slope=0.5, base=2.0, correlation=None)
    level = torch.tensor([0.0, 2.0, -100.0])
    assert noise.variance(level).tolist() == pytest.approx([2.0, 3.0, 0.02])


def test_independent_noise_is_shared_by_no_two_patches() -> None:
    y = x = torch.zeros(3, dtype=torch.long)
    assert PatchNoise(slope=0, base=1, correlation=None).shared(torch.ones(3), y, x) is None
    assert positive_correlation(torch.ones(1, 1)) is None


def test_a_patch_shares_all_its_noise_with_itself_and_less_the_farther_off() -> None:
    noise = PatchNoise(slope=0, base=1, correlation=positive_correlation(LAGS))
    y, x = torch.tensor([0, 0, 0, 1]), torch.tensor([0, 1, 30, 0])
    energy = torch.tensor([4.0, 9.0, 1.0, 1.0])
    shared = noise.shared(energy, y, x)
    assert shared.diagonal().tolist() == pytest.approx(energy.tolist(), rel=1e-5)
    assert torch.allclose(shared, shared.T)
    assert shared[0, 1] > 0.2 * 6
    assert abs(float(shared[0, 2])) < 0.01
    assert torch.linalg.eigvalsh(shared).min() > -1e-5, "a covariance"


def test_no_power_of_the_noise_is_negative_whatever_was_measured() -> None:
    odd = torch.tensor([[0.0, 0.9, 0.0], [-0.8, 1.0, -0.8], [0.0, 0.9, 0.0]])
    for lags in (LAGS, odd):
        found = positive_correlation(lags)
        assert found.shape == (128, 128)
        assert found[0, 0] == 1
        assert torch.fft.fft2(found).real.min() > -1e-4
        assert torch.allclose(found, found.flip((0, 1)).roll((1, 1), (0, 1)), atol=1e-6), (
            "the same in opposite directions"
        )


def test_means_of_four_pixels_have_the_variance_and_correlation_that_are_told() -> None:
    white = np.random.default_rng(0).standard_normal((1025, 1025))
    image = (
        white[1:, 1:] + white[1:, :-1] + white[:-1, 1:] + white[:-1, :-1]
    ) / 2  # neighbours share half, corners a quarter
    lags = torch.tensor([[0.25, 0.5, 0.25], [0.5, 1.0, 0.5], [0.25, 0.5, 0.25]])
    means = image.reshape(512, 2, 512, 2).mean((1, 3))
    variance, table = halved_correlation(lags)
    assert variance == pytest.approx(means.var(), rel=0.02)
    middle = len(table) // 2
    assert table[middle, middle] == 1
    assert table[middle, middle + 1] == pytest.approx(
        float(np.mean(means[:, 1:] * means[:, :-1]) / means.var()), abs=0.01
    )


def test_means_of_independent_pixels_are_independent() -> None:
    variance, table = halved_correlation(torch.ones(1, 1))
    assert variance == pytest.approx(0.25)
    assert table.tolist() == [[1.0]]
