"""The smoothest surface: through what is known, of nothing else, and smooth."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from napari_deep_prior.core.imaging.biharmonic import biharmonic_fill
from napari_deep_prior.core.imaging.normalized_convolution import smooth_estimate


def pieces(height: int, width: int, seed: int, share: float) -> tuple[torch.Tensor, torch.Tensor]:
    draw = torch.Generator().manual_seed(seed)
    return torch.rand(2, 3, height, width, generator=draw), (
        torch.rand(2, 1, height, width, generator=draw) < share
    ).float()


@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 99), st.sampled_from([0.0, 0.02, 0.5, 1.0]))
def test_it_goes_through_what_is_known_and_knows_nothing_else(height: int, width: int, seed: int, share: float) -> None:
    image, known = pieces(height, width, seed, share)
    surface = biharmonic_fill(image, known)
    assert surface.shape == image.shape
    assert surface.isfinite().all()
    assert torch.allclose(surface * known, image * known, atol=1e-6)
    other = torch.where(known > 0, image, 7.0)
    assert torch.allclose(biharmonic_fill(other, known), surface, atol=1e-5)


@given(st.integers(4, 40), st.integers(4, 40), st.integers(0, 99))
def test_what_is_even_is_filled_evenly(height: int, width: int, seed: int) -> None:
    image, known = pieces(height, width, seed, 0.2)
    known[..., 0, 0] = 1
    assert torch.allclose(biharmonic_fill(torch.full_like(image, 0.3), known), torch.full_like(image, 0.3), atol=1e-4)


@pytest.mark.parametrize("wide", [2, 4])
def test_a_wave_goes_on_below_a_stroke(wide: int) -> None:
    y, x = torch.meshgrid(torch.arange(64.0), torch.arange(80.0), indexing="ij")
    wave = (0.5 + 0.3 * torch.sin((x + 0.5 * y) * 2 * math.pi / 40))[None, None]
    known = torch.ones_like(wave)
    known[..., 30 : 30 + wide, :] = 0
    off, before = (
        (filled - wave)[known == 0].abs().mean()
        for filled in (biharmonic_fill(wave, known), smooth_estimate(wave, known, 2.5))
    )
    assert off < 0.5 * before
