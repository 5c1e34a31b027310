"""The shares in which two results are mixed: the image decides."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from napari_deep_prior import Denoise, Fit, Settings
from napari_deep_prior.core.methods import Config
from napari_deep_prior.core.methods.nl_ridge import NLRidge
from napari_deep_prior.core.noise.model import NoiseModel
from napari_deep_prior.core.run.mixing.comparison import Part
from napari_deep_prior.core.run.mixing.mixture import mixed, shares_at
from napari_deep_prior.core.solver.closed_form import ClosedFormSolver

Y, X = np.mgrid[:64, :80]
TRUTH = 100 + 40 * np.sin(X / 5) * np.cos(Y / 9) + 20 * ((X // 16 + Y // 16) % 2)


@dataclasses.dataclass
class Known:
    """A result that follows the observed image by a known share."""

    image: torch.Tensor
    response: float

    def following(self, change: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return self.response * change, torch.ones_like(change[:, :1])


@pytest.fixture(scope="module")
def scene():
    """The observation, the truth in its units, and NL-Ridge of it."""
    noisy = (TRUTH + np.random.default_rng(0).normal(0, 15, TRUTH.shape)).astype(np.float32)
    fit = Fit(noisy, Denoise(), Settings(preset="instant", device="cpu"))
    for _ in fit:
        pass
    plane = fit._current.plane
    observation, truth = plane.observation(), plane.scaling.to_tensor(TRUTH[None])
    second = ClosedFormSolver(observation, NLRidge(), Config(iterations=1), plane.device)
    second.step()
    return observation, truth, second


def decided(scene, first: torch.Tensor, response: float) -> float:
    observation, _, second = scene
    return mixed(first, Known(first, response), second, Part.of(second), observation).shares[0]


def test_the_noisy_image_itself_gets_no_weight(scene) -> None:
    observation, _, _ = scene
    assert decided(scene, observation.image, 1.0) < 0.2


def test_what_is_nearly_the_truth_gets_nearly_all(scene) -> None:
    _, truth, _ = scene
    assert decided(scene, truth, 0.0) > 0.75


def test_what_is_flat_gets_hardly_any(scene) -> None:
    observation, _, _ = scene
    assert decided(scene, observation.image.mean().expand_as(observation.image), 0.0) < 0.1


def test_the_mixture_with_an_equally_good_result_is_better_than_both(scene) -> None:
    observation, truth, second = scene
    wrong = second.image - truth
    first = truth + wrong.roll(9, -1)  # as far off, elsewhere
    found = mixed(first, Known(first, 0.0), second, Part.of(second), observation)
    mixture = found.shares[0] * first + (1 - found.shares[0]) * second.image
    assert float((mixture - truth).square().mean()) < 0.85 * float(wrong.square().mean())


def test_the_same_result_twice_needs_no_decision(scene) -> None:
    _, _, second = scene
    assert decided(scene, second.image, 0.1) == 0.5


def test_of_a_large_image_the_middle_is_computed_twice(scene, monkeypatch) -> None:
    _, truth, second = scene
    from napari_deep_prior.core.run.mixing import comparison

    whole = decided(scene, truth + 0.02, 0.0)
    monkeypatch.setattr(comparison, "_SIDE", 48)
    assert Part.of(second).pixels == 48 * 48
    assert decided(scene, truth + 0.02, 0.0) == pytest.approx(whole, abs=0.1)


@pytest.fixture(scope="module")
def halves(scene):
    """The scene with a fifth of the variance in its left half, NL-Ridge of it, and where the noise is weak and strong."""
    observation, truth, second = scene
    strength = np.where(X < 40, 0.2, 1.0).astype(np.float32)
    noise = NoiseModel(observation.noise.estimate, observation.noise._scaling, strength)
    image = truth + (observation.image - truth) * torch.from_numpy(strength).sqrt()
    placed = dataclasses.replace(observation, image=image, noise=noise)
    of_it = ClosedFormSolver(placed, NLRidge(), Config(iterations=1), second._device)
    of_it.step()
    return placed, of_it, noise.places(torch.device("cpu"))


def test_each_strength_of_the_noise_has_its_own_share(scene, halves) -> None:
    _, truth, _ = scene
    placed, second, (weak, strong) = halves
    first = truth * weak + 0.5 * strong  # right where the noise is weak, flat where it is strong
    shares = mixed(first, Known(first, 0.0), second, Part.of(second), placed).shares
    assert shares[0] > 0.7
    assert shares[1] < 0.2
    everywhere = shares_at(shares, placed)
    assert isinstance(everywhere, torch.Tensor)
    assert everywhere.shape == (1, 1, *TRUTH.shape)
    assert float(everywhere[..., 0, 0]) == pytest.approx(shares[0])
    assert float(everywhere[..., 0, -1]) == pytest.approx(shares[1])
    with pytest.raises(ValueError, match="1 shares of the fit; the noise of the image has 2"):
        shares_at((0.5,), placed)


def test_a_strength_that_no_noisy_pixel_has_does_not_matter(scene, halves) -> None:
    _, truth, _ = scene
    placed, second, (_, strong) = halves
    found = mixed(truth, Known(truth, 0.0), second, Part.of(second), dataclasses.replace(placed, noisy=strong))
    assert found.shares[0] == 0.5
    assert found.shares[1] > 0.75
    assert found.gain_on_second > 0
