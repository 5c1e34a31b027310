"""How much of the noise a denoiser lets through, told by a change of the image."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from napari_deep_prior.core.noise.estimate import NoiseEstimate
from napari_deep_prior.core.noise.perturbation import perturbation
from napari_deep_prior.core.noise.photons import photon_spread

SIZE, GAIN = 256, 3.0


def square(image: torch.Tensor) -> torch.Tensor:
    """No denoiser, but its product with noise is known: ``E n y^2 = 2 x V + k``, k the third cumulant."""
    return image.square() / 100


def found(std: torch.Tensor, noise: NoiseEstimate, observed: torch.Tensor) -> float:
    probe = perturbation(std, noise, noise.gain, torch.Generator().manual_seed(1))
    return float((probe.weight * (square(observed + probe.change) - square(observed))).mean())


@pytest.mark.parametrize("multiplied", [False, True], ids=["equal heights", "exponential heights"])
def test_few_photons(multiplied: bool) -> None:
    rng = np.random.default_rng(0)
    photons = np.tile(np.linspace(1.0, 6.0, SIZE), (SIZE, 1))
    counts = rng.poisson(photons)
    height = GAIN / 2 if multiplied else GAIN  # the slope of the variance is E h^2 / E h
    amplified = height * np.where(counts > 0, rng.gamma(np.maximum(counts, 1)), 0) if multiplied else height * counts
    clean, observed = (torch.from_numpy(np.asarray(x, np.float32))[None, None] for x in (height * photons, amplified))
    variance = GAIN * clean
    sigma = float(variance.mean().sqrt())
    third = GAIN * (1.5 if multiplied else 1.0)  # third cumulant over the variance
    noise = NoiseEstimate(sigma=sigma, patches=1, correlation=(1.0, 0.0), gain=GAIN, skewness=third / sigma)
    known = float((2 * clean * variance + third * variance).mean()) / 100
    assert photon_spread(noise) == pytest.approx(0.5 if multiplied else 0.0, abs=1e-6)
    assert found(variance.sqrt(), noise, observed) == pytest.approx(known, rel=0.05)
    assert float(((observed - clean) * square(observed)).mean()) == pytest.approx(known, rel=0.05)
    gaussian = NoiseEstimate(sigma=sigma, patches=1, correlation=(1.0, 0.0), gain=GAIN)
    assert found(variance.sqrt(), gaussian, observed) < 0.9 * known


def test_what_photons_do_elsewhere_does_not_count() -> None:
    """The mean of the whole image follows no pixel in particular."""
    std = torch.ones(1, 1, SIZE, SIZE)
    noise = NoiseEstimate(sigma=1.0, patches=1, correlation=(1.0, 0.0), gain=1.0, skewness=1.0)
    probe = perturbation(std, noise, 1.0, torch.Generator().manual_seed(2))
    assert float(probe.change.mean()) == pytest.approx(2000 / SIZE**2, rel=0.1)
    assert abs(float(probe.weight.mean())) * float(probe.change.mean()) < 0.01


def test_gaussian_noise_keeps_its_correlation() -> None:
    table = ((0.0, 0.3, 0.0), (0.3, 1.0, 0.3), (0.0, 0.3, 0.0))
    noise = NoiseEstimate(sigma=2.0, patches=1, correlation=(1.0, 0.3, 0.0), autocorrelation=table, skewness=1.0)
    probe = perturbation(2 * torch.ones(1, 1, SIZE, SIZE), noise, 1.0, torch.Generator().manual_seed(3))
    change = probe.change - probe.change.mean()
    assert float((probe.weight * probe.change).mean()) == pytest.approx(4.0, rel=0.05)
    neighbours = float((change[..., 1:] * change[..., :-1]).mean() / change.square().mean())
    assert 0.15 < neighbours < 0.35


@pytest.mark.parametrize(("size", "share"), [(40, 0.2), (160, 2000 / 160**2), (400, 0.02)])
def test_in_small_images_more_pixels_get_a_photon(size: int, share: float) -> None:
    noise = NoiseEstimate(sigma=1.0, patches=1, correlation=(1.0, 0.0), gain=GAIN, skewness=GAIN)
    probe = perturbation(torch.ones(1, 1, size, size), noise, GAIN, torch.Generator().manual_seed(4))
    there = probe.change > 0
    assert float(there.float().mean()) == pytest.approx(share, rel=0.15)
    assert torch.allclose(probe.change[there].mean(), torch.tensor(GAIN), rtol=0.15)
    assert float((probe.weight * probe.change).mean()) == pytest.approx(1, rel=0.15)


def test_gaussian_perturbations_are_a_tenth_of_the_noise() -> None:
    noise = NoiseEstimate(sigma=2.0, patches=1, correlation=(1.0, 0.0))
    probe = perturbation(2 * torch.ones(1, 1, SIZE, SIZE), noise, 0.0, torch.Generator().manual_seed(5))
    assert float(probe.change.std()) == pytest.approx(0.2, rel=0.02)
