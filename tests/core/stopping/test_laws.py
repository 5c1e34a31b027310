"""Laws of all criteria: what is kept out is neither fitted nor counted, and a state comes back."""

from __future__ import annotations

import pytest
import torch

from napari_deep_prior.core.stopping import STOPPING, NoHoldOut, StepOutput
from napari_deep_prior.core.stopping.frequencies import HeldOutFrequencies
from napari_deep_prior.core.stopping.hidden_pixels import HiddenPixels, UnfittedHiddenPixels
from napari_deep_prior.core.stopping.pixels import PixelBlocks
from napari_deep_prior.core.stopping.rules import EarlyStopping
from napari_deep_prior.core.stopping.split_risk import SplitRisk

RULE = EarlyStopping()
CRITERIA = [
    NoHoldOut(rule=RULE),
    HiddenPixels(rule=RULE),
    UnfittedHiddenPixels(rule=RULE, fraction=0.1, block_size=3, decay=0.9),
    PixelBlocks(rule=RULE, fraction=0.1, block_size=3),
    SplitRisk(rule=RULE, fraction=0.1, block_size=3, decay=0.9),
    HeldOutFrequencies(rule=RULE, fraction=0.1, autocorrelation=((1.0,),)),
]


def name_of(criterion) -> str:
    return type(criterion).__name__


class Judged:
    """A fit that draws a constant."""

    def __init__(self, image: torch.Tensor) -> None:
        self.image = image

    def degraded_mean(self) -> torch.Tensor:
        return self.image

    def loss(self) -> float:
        return 0.25

    def output_variance(self) -> float:
        return 0.5


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


@pytest.mark.parametrize("criterion", CRITERIA, ids=name_of)
def test_what_is_fitted_is_known_and_the_rest_is_held_out(observe, criterion) -> None:
    known = (torch.rand(1, 1, 20, 24, generator=generator()) > 0.2).float()
    hold_out = criterion.hold_out(observe(torch.rand(1, 2, 20, 24), known), generator())
    observation, held = hold_out.observation, torch.from_numpy(hold_out.pixels)[None, None].float()
    assert torch.equal(observation.fitted + held, known)
    assert torch.equal(observation.shown, known if criterion.hides_pixels is False else observation.fitted)
    assert not (hold_out.invented & ~hold_out.pixels).any()
    assert hold_out.rule == RULE


@pytest.mark.parametrize("criterion", CRITERIA, ids=name_of)
def test_the_same_generator_keeps_the_same_out_and_a_state_comes_back(observe, criterion) -> None:
    image = torch.rand(1, 1, 20, 24, generator=generator())
    first, second = (criterion.hold_out(observe(image), generator()) for _ in range(2))
    assert (first.pixels == second.pixels).all()
    fit = Judged(image + 0.5)
    sample = type("Sample", (), {"target": image + 0.1, "hidden": torch.ones_like(image)})()
    first.add([StepOutput(sample, image, image + 0.5)], fit)
    second.load_state_dict(first.state_dict())
    assert first.error(fit) == second.error(fit)
    assert first.watched(fit) == (0.25 if first.error(fit) is None else first.error(fit))


def test_clean_pixels_are_never_held_out(observe) -> None:
    noisy = torch.zeros(1, 1, 20, 24)
    noisy[..., :12] = 1
    hold_out = CRITERIA[3].hold_out(observe(torch.rand(1, 1, 20, 24), noisy=noisy), generator())
    assert hold_out.pixels.any()
    assert not hold_out.pixels[:, 12:].any()


def test_choices_are_listed_in_order_and_explained() -> None:
    assert [choice.order for choice in STOPPING.values()] == list(range(len(STOPPING)))
    assert all(choice.help.endswith(".") and choice.name == name for name, choice in STOPPING.items())


@pytest.mark.parametrize("criterion", CRITERIA, ids=name_of)
def test_only_blocks_of_the_image_are_hidden_from_a_network_that_would_be_fitted_to_all(criterion) -> None:
    assert criterion.hides_pixels is (type(criterion) is PixelBlocks)
    assert criterion.allows_annealing is True
