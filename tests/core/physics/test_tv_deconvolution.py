"""Deconvolution of least total variation: sharp again to its edges, and only by what is known."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from napari_deep_prior.core.physics import convolution, padding
from napari_deep_prior.core.physics.tv_deconvolution import deconvolve_tv

KERNEL = torch.tensor([[0.0, 1, 2], [1, 3, 0], [2, 1, 0]]) / 10


def boxes(*shape: int) -> torch.Tensor:
    """A dark and a bright box on grey, (1, 1, *shape) in 0 to 1."""
    picture = torch.full(shape, 0.4)
    picture[tuple(slice(n // 4, n // 2) for n in shape)] = 0.9
    picture[tuple(slice(n // 2, 3 * n // 4) for n in shape)] = 0.05
    return picture[None, None]


@pytest.mark.parametrize("shape", [(26, 31), (9, 26, 18)])
def test_a_blurred_picture_becomes_sharp_to_its_edges(shape: tuple[int, ...]) -> None:
    kernel = KERNEL if len(shape) == 2 else torch.stack([KERNEL, 2 * KERNEL, KERNEL]) / 4
    sharp = boxes(*shape)
    observed = convolution.convolve_valid(sharp, kernel)
    margin = padding.psf_margin(kernel.shape)
    drawn = deconvolve_tv(observed, torch.ones_like(observed), kernel, 0.0)
    assert drawn.shape == sharp.shape
    inside = (..., *(slice(side, n - side) for side, n in zip(margin, shape, strict=True)))
    left, before = (drawn[inside] - sharp[inside]).square().mean(), (observed - sharp[inside]).square().mean()
    assert left < 0.05 * before


def test_a_flat_field_stays_flat_and_nothing_falls_below_the_floor() -> None:
    flat = torch.full((1, 2, 12, 15), 0.3)
    torch.testing.assert_close(
        deconvolve_tv(flat, torch.ones(1, 1, 12, 15), KERNEL, 1e-4), torch.full((1, 2, 14, 17), 0.3), atol=1e-3, rtol=0
    )
    noisy = torch.randn(1, 1, 12, 15, generator=torch.Generator().manual_seed(0))
    assert float(deconvolve_tv(noisy, torch.ones(1, 1, 12, 15), KERNEL, 1e-4, lower_bound=0.1).min()) >= 0.1


def test_what_is_not_known_has_no_say() -> None:
    observed = convolution.convolve_valid(boxes(26, 31), KERNEL)
    weight = torch.from_numpy(np.random.default_rng(0).random(observed.shape) > 0.2).float()
    one, other = (
        deconvolve_tv(torch.where(weight > 0, observed, off), weight, KERNEL, 1e-5, iterations=150)
        for off in (0.2, 0.6)
    )
    torch.testing.assert_close(one, other, atol=0.03, rtol=0)


def test_more_noise_gives_a_smoother_picture() -> None:
    observed = convolution.convolve_valid(boxes(26, 31), KERNEL)
    observed = observed + 0.05 * torch.randn(observed.shape, generator=torch.Generator().manual_seed(0))
    rough, smooth = (deconvolve_tv(observed, torch.ones_like(observed), KERNEL, v) for v in (1e-5, 0.05**2))
    assert smooth.diff(dim=-1).abs().mean() < 0.5 * rough.diff(dim=-1).abs().mean()
