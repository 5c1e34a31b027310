"""The first guess: blind where pixels are hidden, filled everywhere, inside (0, 1)."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from napari_deep_prior.core.imaging import row_blocks
from napari_deep_prior.core.imaging.normalized_convolution import local_average, smooth_estimate


@given(st.integers(1, 40), st.integers(1, 40), st.floats(0.01, 1))
def test_it_is_finite_and_between_the_known_values(height: int, width: int, share: float) -> None:
    draw = torch.Generator().manual_seed(0)
    weight = (torch.rand(1, 1, height, width, generator=draw) < share).float()
    image = torch.rand(1, 2, height, width, generator=draw) * 3 - 1
    guess = smooth_estimate(image, weight, 2.5)
    assert guess.shape == image.shape
    assert guess.isfinite().all()
    shown = torch.where(weight > 0, image, 0.0)
    assert guess.min() >= min(0.0, float(shown.min())) - 1e-3
    assert guess.max() <= max(0.0, float(shown.max())) + 1e-3


def test_missing_pixels_have_no_influence() -> None:
    weight = (torch.rand(1, 1, 30, 30, generator=torch.Generator().manual_seed(1)) < 0.5).float()
    image = torch.rand(1, 1, 30, 30)
    other = torch.where(weight > 0, image, 77.0)
    assert torch.allclose(smooth_estimate(image, weight, 2.5), smooth_estimate(other, weight, 2.5))


def test_a_hidden_pixel_does_not_see_itself() -> None:
    image = torch.full((1, 1, 21, 21), 0.5)
    bright = image.clone()
    bright[..., 10, 10] = 0.9
    seen = torch.ones_like(image)
    assert local_average(bright, seen, 2.5, image)[0, 0, 10, 10] > 0.505
    seen[..., 10, 10] = 0
    assert torch.isclose(local_average(bright, seen, 2.5, image)[0, 0, 10, 10], torch.tensor(0.5), atol=1e-5)


def test_out_of_reach_the_fallback_is_taken() -> None:
    seen = torch.zeros(1, 1, 40, 40)
    seen[..., :4] = 1
    mean = local_average(torch.full((1, 1, 40, 40), 0.25), seen, 1.0, torch.full((1, 1, 40, 40), 0.75))
    assert torch.allclose(mean[..., :5], torch.tensor(0.25))
    assert (mean[..., 10:] == 0.75).all()


def test_a_large_hole_is_filled_from_its_rim() -> None:
    image = torch.linspace(0.2, 0.8, 64).expand(1, 1, 64, 64)
    weight = torch.ones(1, 1, 64, 64)
    weight[..., 12:52, 12:52] = 0
    inside = smooth_estimate(image, weight, 2.5)[0, 0, 12:52, 12:52]
    assert inside.min() > 0.25
    assert inside.max() < 0.75
    assert inside[:, 0].mean() < inside[:, -1].mean()


def test_the_precision_of_what_surrounds_it_changes_nothing() -> None:
    """In bfloat16, two channels of it last, a row of 17 weights never ended on some processors."""
    draw = torch.Generator().manual_seed(2)
    image = torch.rand(6, 2, 48, 48, generator=draw).to(memory_format=torch.channels_last)
    weight = (torch.rand(6, 1, 48, 48, generator=draw) < 0.5).float()
    plain = local_average(image, weight, 2.5, image)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(local_average(image, weight, 2.5, image), plain)


def test_some_rows_at_a_time_or_all_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    generator = torch.Generator().manual_seed(0)
    image = torch.rand((1, 2, 75, 40), generator=generator)
    weight = (torch.rand((1, 1, 75, 40), generator=generator) > 0.5).float()
    whole = smooth_estimate(image, weight, 3.0)
    monkeypatch.setattr(row_blocks, "_PIXELS", 40 * 14)
    assert len(row_blocks.row_blocks(image.shape)) == 11
    assert torch.allclose(smooth_estimate(image, weight, 3.0), whole, atol=1e-6)
