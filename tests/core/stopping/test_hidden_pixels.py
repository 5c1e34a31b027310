"""Hidden pixels judge a fit: by its loss, or by what it says of pixels that it was never fitted to."""

from __future__ import annotations

import pytest
import torch

from napari_deep_prior import Fit, Inpaint, Settings, restore
from napari_deep_prior.core.stopping import StepOutput
from napari_deep_prior.core.stopping.hidden_pixels import HiddenPixels, UnfittedHiddenPixels
from napari_deep_prior.core.stopping.rules import EarlyStopping


def test_the_loss_is_the_held_out_error_of_holes_to_fill() -> None:
    image = torch.rand(24, 24, generator=torch.Generator().manual_seed(0)).numpy()
    settings = Settings(preset="fast", method="hole-filling", iterations=10, seconds="never", device="cpu")
    *_, last = Fit(image, Inpaint(mask=image > 0.9), settings)
    assert last.held_out == last.loss


def judged(observe, hidden: torch.Tensor, drawn: torch.Tensor, image: torch.Tensor):
    """The pixels that are never fitted to, after a pass in which `drawn` was predicted with some pixels hidden."""
    criterion = UnfittedHiddenPixels(rule=EarlyStopping(), fraction=0.2, block_size=1, decay=0.9)
    hold_out = criterion.hold_out(observe(image), torch.Generator().manual_seed(0))
    sample = type("Sample", (), {"hidden": hidden})()
    hold_out.add([StepOutput(sample, drawn, drawn)], None)
    return hold_out


def test_what_was_never_fitted_to_is_judged_where_it_was_hidden(observe) -> None:
    image = torch.rand(1, 1, 16, 16, generator=torch.Generator().manual_seed(0))
    everywhere = torch.ones_like(image)
    hold_out = judged(observe, everywhere, image + 0.5, image)
    held = torch.from_numpy(hold_out.pixels)[None, None].float()
    assert 10 < held.sum() < 100
    assert torch.equal(hold_out.observation.fitted, 1 - held)
    assert torch.equal(hold_out.observation.shown, everywhere), "the network may see what it is not fitted to"
    assert not hold_out.invented.any()
    assert hold_out.error(None) == pytest.approx(0.25, rel=1e-5)
    learnt = torch.where(held > 0, image + 0.5, image)  # the others by heart
    assert judged(observe, everywhere, learnt, image).error(None) == pytest.approx(0.25, rel=1e-5)
    hold_out.add([StepOutput(type("Sample", (), {"hidden": 0 * everywhere})(), image, image)], None)
    assert hold_out.error(None) == pytest.approx(0.25, rel=0.01), "a pixel that was shown tells nothing"


def test_a_small_field_of_few_photons_is_not_learnt_by_heart() -> None:
    photons = torch.poisson(torch.full((32, 32), 2.0), generator=torch.Generator().manual_seed(0)).numpy()
    settings = Settings(preset="fast", method="blind-spot", iterations=150, seconds="never", device="cpu")
    result = restore(photons, settings=settings)
    first, last = result.curve[2], result.curve[-1]
    assert last.loss < 0.97 * first.loss, "the pixels that are fitted to are learnt by heart"
    assert last.held_out > 0.99 * first.held_out, "those that are not say so"


def test_nothing_more_is_kept_out(observe) -> None:
    hold_out = HiddenPixels(rule=EarlyStopping()).hold_out(observe(torch.rand(1, 1, 8, 8)), torch.Generator())
    assert not hold_out.pixels.any()
    assert list(hold_out.notes()) == []
