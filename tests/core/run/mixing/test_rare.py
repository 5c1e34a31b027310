"""Rare places: dim beads on a wide field are not lost with the method that knows none like them."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from napari_deep_prior import Denoise, Fit, Settings
from napari_deep_prior.core.methods import Config
from napari_deep_prior.core.methods.nl_ridge import NLRidge
from napari_deep_prior.core.run.mixing.comparison import Comparison, Part, std_of
from napari_deep_prior.core.run.mixing.mixture import mixed, shares_at
from napari_deep_prior.core.run.mixing.partner import shares_in_words
from napari_deep_prior.core.run.mixing.rare import rare_places, rare_share
from napari_deep_prior.core.solver.closed_form import ClosedFormSolver

Y, X = np.mgrid[:96, :96]
PLACES = [(20 + 28 * i, 20 + 28 * j) for i in range(3) for j in range(3)]  # one in the middle
BEADS = sum(np.exp(-((Y - y) ** 2 + (X - x) ** 2) / 8) for y, x in PLACES)
FIELD = 100 + 10 * np.sin(X / 9)


@dataclasses.dataclass
class Known:
    """A result that does not follow the observed image."""

    image: torch.Tensor

    def following(self, change: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return torch.zeros_like(change), torch.ones_like(change[:, :1])


@pytest.fixture(scope="module")
def scene():
    """The observation, the truth and the field without its beads in its units, and a second result without them, 60 of 100."""
    truth = FIELD + 60 * BEADS
    noisy = (truth + np.random.default_rng(0).normal(0, 15, truth.shape)).astype(np.float32)
    fit = Fit(noisy, Denoise(), Settings(preset="instant", device="cpu"))
    for _ in fit:
        pass
    plane = fit._current.plane
    observation = plane.observation()
    second = ClosedFormSolver(observation, NLRidge(), Config(iterations=1), plane.device)
    second.step()
    wave = 2 * np.sin(Y / 7)  # by which results differ everywhere
    second.image = plane.scaling.to_tensor((FIELD + wave)[None])
    return observation, plane.scaling.to_tensor(truth[None]), second


def compared(scene, first: torch.Tensor) -> Comparison:
    observation, _, second = scene
    return Comparison.of(first, Known(first), second, Part.of(second), observation)


def test_they_are_where_the_results_are_far_apart(scene) -> None:
    _, truth, second = scene
    rare = rare_places(truth - second.image)[0, 0]
    assert all(float(rare[place]) > 0.9 for place in PLACES)
    assert float(rare[BEADS < 1e-5].max()) < 0.1
    both = torch.cat([truth - second.image, torch.zeros_like(truth)], 1)
    assert torch.allclose(rare_places(both)[0, 0], rare, atol=1e-3)  # of any channel


def test_a_result_that_has_the_beads_gets_nearly_all_there_however_little_it_has_elsewhere(scene) -> None:
    _, truth, _ = scene
    share = rare_share(compared(scene, truth), 0.3)
    assert share is not None
    assert share > 0.9
    assert rare_share(compared(scene, truth), torch.full_like(truth, 0.3)) == share


def test_beads_that_are_not_there_get_no_share_of_their_own(scene) -> None:
    _, truth, second = scene
    elsewhere = second.image + (truth - second.image).roll((14, 14), (2, 3))
    assert rare_share(compared(scene, elsewhere), 0.3) is None


def test_what_follows_the_noise_counts_where_it_chooses_the_places(scene) -> None:
    """A result that is the noisy image at its most outstanding pixels would seem right there to one who takes them as given."""
    observation, _, second = scene

    class Noisy:
        def __init__(self, observed: torch.Tensor) -> None:
            self.image = self.at(observed)

        def at(self, observed: torch.Tensor) -> torch.Tensor:
            apart = observed - second.image
            return second.image + apart * torch.sigmoid(20 * (apart.abs() / apart.std() - 2.5))

        def following(self, change: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            return self.at(observation.image + change) - self.image, torch.ones_like(change[:, :1])

    noise = std_of(observation) * torch.randn(second.image.shape, generator=torch.manual_seed(1))
    observation = dataclasses.replace(observation, image=second.image + noise)
    noisy = Noisy(observation.image)
    assert float(rare_places(noisy.image - second.image).sum()) > 64
    assert rare_share(Comparison.of(noisy.image, noisy, second, Part.of(second), observation), 0.3) is None


def test_the_same_result_twice_has_none(scene) -> None:
    _, _, second = scene
    assert rare_share(compared(scene, second.image.clone()), 0.5) is None


def test_some_of_them_have_a_share_of_their_own_in_the_mixture(scene) -> None:
    observation, truth, second = scene
    some = np.isin(np.arange(96) // 32, 1)[:, None]  # those in the middle rows
    bead = 3 * (truth - second.image) * torch.from_numpy((some & (BEADS > 1e-3)).astype(np.float32))
    noise = std_of(observation) * torch.randn(truth.shape, generator=torch.manual_seed(2))
    observation = dataclasses.replace(observation, image=second.image + bead + noise)
    rough = std_of(observation) * torch.sin(torch.arange(96) / 3)
    first = second.image + bead + rough  # right at the beads, wrong elsewhere
    found = mixed(first, Known(first), second, Part.of(second), observation)
    common, rare = found.shares
    assert common + 0.2 < rare <= 1
    everywhere = shares_at(found.shares, observation, first - second.image)
    assert isinstance(everywhere, torch.Tensor)
    assert float(everywhere[0, 0, 48, 48]) == pytest.approx(rare, abs=0.05)
    assert float(everywhere[0, 0, 0, 0]) == pytest.approx(common, abs=0.05)
    assert f"{rare:.0%} of the fit at rare places" in shares_in_words(found.shares, "NL-Ridge")
