"""Stripes: found by medians before anything is fitted, narrow ones alone, along the direction in which they lie."""

from __future__ import annotations

import pytest
import torch

from napari_deep_prior.core.physics.stripes import Stripes, are_vertical


def scene(vertical: bool) -> tuple[torch.Tensor, torch.Tensor]:
    """A smooth image with a little noise under stripes, and the stripes."""
    draw = torch.Generator().manual_seed(0)
    offsets = 0.1 * torch.randn(1, 2, 1, 64, generator=draw)
    stripes = offsets * torch.linspace(0.5, 1.5, 80)[:, None]  # stronger at one end
    smooth = 0.5 + 0.3 * torch.linspace(-1, 1, 80)[:, None] * torch.linspace(-1, 1, 64)
    image = smooth + stripes + 0.01 * torch.randn(1, 2, 80, 64, generator=draw)
    return (image, stripes) if vertical else (image.mT, stripes.mT)


@pytest.mark.parametrize("vertical", [True, False])
def test_they_are_found_from_the_first_with_their_direction(vertical: bool) -> None:
    image, stripes = scene(vertical)
    assert are_vertical(image) == vertical
    model = Stripes(image, vertical=vertical, length=20)
    assert (model.stripes() - stripes).square().mean() < 0.1 * stripes.square().mean()
    torch.testing.assert_close(model.remove_nuisance(image), image - model.stripes())
    across = Stripes(image, vertical=not vertical, length=20)
    assert across.stripes().square().mean() < 0.1 * stripes.square().mean(), "there are none in the other direction"


def test_a_short_length_follows_a_stripe_that_changes() -> None:
    image, stripes = scene(vertical=True)
    errors = [
        float((Stripes(image, vertical=True, length=length).stripes().detach() - stripes).square().mean())
        for length in (80, 10)
    ]
    assert errors[1] < 0.5 * errors[0]


def test_a_broad_background_is_left_alone() -> None:
    broad = torch.sin(torch.linspace(0, 6.28, 200)).expand(1, 1, 30, 200)
    inside = Stripes(broad, vertical=True, length=30).stripes()[..., 40:-40]
    assert inside.abs().max() < 0.1


def test_one_column_has_no_stripes() -> None:
    assert not Stripes(torch.rand(1, 1, 9, 1), vertical=True, length=64).stripes().any()
