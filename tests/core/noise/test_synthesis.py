"""Synthesised noise has the standard deviation and the correlation that were asked for, in any shape."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_deep_prior.core.imaging.symmetries import DIHEDRAL
from napari_deep_prior.core.noise.synthesis import CorrelatedNoise, spectral_filter

INDEPENDENT = ((1.0,),)
CORRELATED = ((0.1, 0.4, 0.1), (0.4, 1.0, 0.4), (0.1, 0.4, 0.1))
ALONG_X = ((0.0, 0.0, 0.0), (0.6, 1.0, 0.6), (0.0, 0.0, 0.0))


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def correlation(noise: torch.Tensor, axis: int) -> float:
    """Correlation of neighbours along an axis."""
    n = noise.shape[axis]
    return float((noise.narrow(axis, 1, n - 1) * noise.narrow(axis, 0, n - 1)).mean() / noise.square().mean())


def test_each_pixel_has_its_standard_deviation() -> None:
    std = torch.linspace(0.1, 1.0, 8).expand(1, 1, 6, 8)
    samples = torch.cat([CorrelatedNoise(INDEPENDENT, generator(i)).sample(std) for i in range(800)])
    assert torch.allclose(samples.std(0), std[0], rtol=0.15)


def test_each_sample_is_new() -> None:
    noise = CorrelatedNoise(INDEPENDENT, generator())
    first, second = noise.sample(torch.ones(1, 1, 64, 64)), noise.sample(torch.ones(1, 1, 64, 64))
    assert abs(float((first * second).mean())) < 0.1


def test_correlation_is_that_of_the_table_tapered() -> None:
    sample = CorrelatedNoise(CORRELATED, generator()).sample(torch.full((1, 1, 300, 310), 5.0))
    assert correlation(sample, -1) == pytest.approx(
        0.4 * 0.75, abs=0.03
    )  # 1 - (1 / 2)^2 at lag 1 of a table with reach 1
    assert correlation(sample, -2) == pytest.approx(0.4 * 0.75, abs=0.03)
    assert float(sample.std()) == pytest.approx(5, rel=0.05)


def test_a_symmetry_turns_the_correlation() -> None:
    transpose = DIHEDRAL[4][0]
    sample = CorrelatedNoise(ALONG_X, generator()).sample(torch.ones(1, 1, 200, 200), transpose)
    assert correlation(sample, -2) > 0.3
    assert abs(correlation(sample, -1)) < 0.05


@settings(max_examples=25)
@given(st.integers(8, 40), st.integers(8, 40), st.booleans())
def test_any_shape(height: int, width: int, correlated: bool) -> None:
    table = CORRELATED if correlated else INDEPENDENT
    sample = CorrelatedNoise(table, generator()).sample(torch.ones(1, 3, height, width))
    assert sample.shape == (1, 3, height, width)
    assert sample.isfinite().all()
    assert 0.4 < sample.std() < 1.8


def test_the_filter_keeps_the_variance_and_leaves_white_noise_white() -> None:
    assert torch.allclose(spectral_filter(np.ones((1, 1)), (6, 9)), torch.ones(6, 5))
    gain = spectral_filter(np.array(CORRELATED), (6, 8))
    full = torch.cat([gain, gain[:, 1:-1].flip(1)], 1)  # the half that a real spectrum leaves out
    assert float(full.square().mean()) == pytest.approx(1, rel=1e-5)


def test_a_wider_table_is_tapered_towards_its_own_end() -> None:
    """By 1 - (lag / 3)^2 where the largest lag is 2."""
    profile = np.array([0.2, 0.5, 1, 0.5, 0.2])
    noise = CorrelatedNoise(tuple(map(tuple, np.outer(profile, profile).tolist())), generator())
    for shape in ((1, 1, 300, 310), (1, 1, 280, 320)):
        sample = noise.sample(torch.ones(shape))
        for axis in (-1, -2):
            n = shape[axis]
            for lag, expected in ((1, 0.5 * 8 / 9), (2, 0.2 * 5 / 9), (3, 0)):
                product = sample.narrow(axis, lag, n - lag) * sample.narrow(axis, 0, n - lag)
                assert float(product.mean() / sample.square().mean()) == pytest.approx(expected, abs=0.04)
