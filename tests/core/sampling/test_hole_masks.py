"""Practice holes: the mask's own, laid elsewhere; and what they do to a fit."""

from __future__ import annotations

import pytest
import torch

from napari_deep_prior.core.sampling.hole_masks import HoleMaskSampler
from napari_deep_prior.core.sampling.image_sampler import ImageSampler
from napari_deep_prior.core.sampling.patches import PatchSampler


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def weight() -> torch.Tensor:
    """A stroke of 3 x 20 is missing."""
    known = torch.ones(1, 1, 40, 60)
    known[..., 10:13, 20:40] = 0
    return known


def scheme(*, upright: bool, practised: bool = True) -> ImageSampler:
    observed = torch.rand(1, 2, 40, 60, generator=generator()) + torch.arange(60.0)  # the brighter, the farther right
    return ImageSampler(
        *(observed, weight()),
        hidden=(0.02, 0.4),
        width=1.0,
        guess=torch.full_like(observed, 0.5),
        practised=practised,
        upright=upright,
        crops=PatchSampler((40, 60), 24, generator(3)),
        draws=generator(1),
        turns=generator(2),
    )


def test_practice_holes_are_those_of_the_mask_lying_or_standing() -> None:
    pieces = HoleMaskSampler(weight(), generator()).draw(200, (40, 60))
    assert pieces.shape == (200, 1, 40, 60)
    assert pieces.mean() == pytest.approx(60 / 2400, rel=0.2)
    whole = {(int(piece.amax(1).sum()), int(piece.amax(2).sum())) for piece in pieces if piece.sum() == 60}
    assert {(3, 20), (20, 3)} <= {sides[::-1] for sides in whole} | whole


def test_a_hole_as_large_as_the_image_is_cut_to_size() -> None:
    assert HoleMaskSampler(torch.zeros(1, 1, 5, 7), generator()).draw(2, (7, 9)).mean() == 1


def test_practice_hides_strokes_and_points_and_the_whole_hides_few_points() -> None:
    drawn, points = scheme(upright=True), scheme(upright=True, practised=False)
    shares = torch.stack([drawn.draw().weight.mean((1, 2, 3)) for _ in range(50)])
    fewer = torch.stack([points.draw().weight.mean((1, 2, 3)) for _ in range(50)])
    assert shares.mean() > fewer.mean()
    assert fewer.min() < 0.1 < 0.3 < fewer.max()  # each crop has a share of its own
    (whole,) = drawn.whole()
    assert whole.weight.mean() == pytest.approx(0.02, abs=0.01)


@pytest.mark.parametrize("upright", [True, False])
def test_upright_crops_are_shown_as_they_lie(upright: bool) -> None:
    drawn = scheme(upright=upright)
    for _ in range(4):
        draw = drawn.draw()
        target, seen = draw.undo(draw.input).split([2, 1], 1)
        assert torch.equal(draw.target * seen, target * seen)
        as_it_lies = bool((draw.target[..., 2:] > draw.target[..., :-2]).all())
        assert as_it_lies == upright
