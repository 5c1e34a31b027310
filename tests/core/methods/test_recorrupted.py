"""Recorruption: noise like the measured one, and two halves that share none."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from napari_deep_prior.core.methods.recorrupted import ALPHA, recorrupt
from napari_deep_prior.core.noise.estimate import measure
from napari_deep_prior.core.noise.synthesis import CorrelatedNoise


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def blurred_noise(shape: tuple[int, int]) -> np.ndarray:
    white = np.random.default_rng(1).normal(0, 1, shape)
    return sum(np.roll(white, (dy, dx), (0, 1)) for dy in (0, 1) for dx in (0, 1)) * 5


def test_drawn_noise_has_the_deviation_of_each_pixel() -> None:
    deviation = torch.linspace(0.1, 1.0, 8).expand(1, 1, 6, 8)
    draws = torch.cat([CorrelatedNoise(((1.0,),), generator(i)).sample(deviation) for i in range(800)])
    assert torch.allclose(draws.std(0), deviation[0], rtol=0.15)


def test_drawn_noise_is_correlated_as_measured() -> None:
    found = measure(blurred_noise((256, 192))[None], np.ones((256, 192), bool))
    drawn = (
        CorrelatedNoise(found.autocorrelation, generator()).sample(torch.full((1, 1, 96, 130), found.sigma))[0].numpy()
    )
    neighbours = (drawn[0, :, 1:] * drawn[0, :, :-1]).mean() / drawn.var()
    assert found.correlation[1] == pytest.approx(0.45, abs=0.1)
    assert neighbours == pytest.approx(found.autocorrelation[4][5], abs=0.07)
    assert drawn.std() == pytest.approx(found.sigma, rel=0.1)


@given(st.integers(8, 40), st.integers(8, 40), st.booleans())
def test_any_shape(height: int, width: int, correlated: bool) -> None:
    lags = ((0.1, 0.4, 0.1), (0.4, 1.0, 0.4), (0.1, 0.4, 0.1)) if correlated else ((1.0,),)
    drawn = CorrelatedNoise(lags, generator()).sample(torch.ones(1, 3, height, width))
    assert drawn.shape == (1, 3, height, width)
    assert drawn.isfinite().all()
    assert 0.4 < drawn.std() < 1.8


def test_the_halves_of_a_noisy_image_share_no_noise() -> None:
    source, deviation = CorrelatedNoise(((1.0,),), generator(1)), torch.full((1, 1, 300, 300), 2.0)
    own, fresh = source.sample(deviation), source.sample(deviation)
    first, second = recorrupt(own, fresh)
    assert abs(float((first * second).mean())) < 0.1
    assert float(first.var()) == pytest.approx(4 * (1 + ALPHA**2), rel=0.05)
    assert float(second.var()) == pytest.approx(4 * (1 + 1 / ALPHA**2), rel=0.05)


def test_where_the_image_is_clean_as_much_noise_is_shown_and_none_is_to_be_predicted() -> None:
    noisy = torch.zeros(1, 1, 300, 300)
    noisy[..., :150] = 1
    source, deviation = CorrelatedNoise(((1.0,),), generator(1)), torch.full((1, 1, 300, 300), 2.0)
    image = source.sample(deviation) * noisy
    shown, target = recorrupt(image, source.sample(deviation), noisy)
    assert torch.equal(target[..., 150:], image[..., 150:])
    assert float(shown[..., :150].std()) == pytest.approx(float(shown[..., 150:].std()), rel=0.02)
    assert float(target[..., :150].var()) == pytest.approx(4 * (1 + 1 / ALPHA**2), rel=0.05)
