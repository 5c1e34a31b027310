"""Recorruption: two halves of an image that share no noise."""

from __future__ import annotations

import pytest
import torch

from napari_deep_prior.core.methods.recorrupted import ALPHA, recorrupt
from napari_deep_prior.core.noise.synthesis import CorrelatedNoise


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


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
