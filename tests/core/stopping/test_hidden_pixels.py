"""Hidden pixels judge a fit by its loss."""

from __future__ import annotations

import torch

from napari_deep_prior import Denoise, Fit, Settings
from napari_deep_prior.core.stopping.hidden_pixels import HiddenPixels
from napari_deep_prior.core.stopping.rules import EarlyStopping


def test_the_loss_is_the_held_out_error() -> None:
    image = torch.rand(24, 24, generator=torch.Generator().manual_seed(0)).numpy()
    fit = Fit(
        image, Denoise(), Settings(preset="fast", method="blind-spot", iterations=10, seconds="never", device="cpu")
    )
    *_, last = fit
    assert last.held_out == last.loss


def test_nothing_more_is_kept_out(observe) -> None:
    hold_out = HiddenPixels(rule=EarlyStopping()).hold_out(observe(torch.rand(1, 1, 8, 8)), torch.Generator())
    assert not hold_out.pixels.any()
    assert list(hold_out.notes()) == []
