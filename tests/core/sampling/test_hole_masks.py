"""Training masks: the user's holes, laid elsewhere; and what they do to samples."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from napari_deep_prior.core.sampling.hole_masks import HoleMaskSampler
from napari_deep_prior.core.sampling.image_sampler import ImageSampler, ImageSampling


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def weight() -> torch.Tensor:
    """A stroke of 3 x 20 is missing."""
    known = torch.ones(1, 1, 40, 60)
    known[..., 10:13, 20:40] = 0
    return known


@pytest.fixture
def sampler(observe, chance) -> Callable[..., ImageSampler]:
    def made(*, augment: bool, hole_masks: bool = True) -> ImageSampler:
        image = torch.rand(1, 2, 40, 60, generator=generator()) + torch.arange(60.0)  # the brighter, the farther right
        options = ImageSampling(
            smoothing_sigma=1.0, mask_fraction=(0.02, 0.4), hole_masks=hole_masks, augment=augment, patch_size=24
        )
        return ImageSampler(observe(image, weight()), options, chance())

    return made


def test_training_masks_are_those_of_the_mask_lying_or_standing() -> None:
    pieces = HoleMaskSampler(weight(), generator()).sample(200, (40, 60))
    assert pieces.shape == (200, 1, 40, 60)
    assert pieces.mean() == pytest.approx(60 / 2400, rel=0.2)
    whole = {(int(piece.amax(1).sum()), int(piece.amax(2).sum())) for piece in pieces if piece.sum() == 60}
    assert {(3, 20), (20, 3)} <= {sides[::-1] for sides in whole} | whole


def test_a_hole_as_large_as_the_image_is_cut_to_size() -> None:
    assert HoleMaskSampler(torch.zeros(1, 1, 5, 7), generator()).sample(2, (7, 9)).mean() == 1


def test_patches_hide_strokes_and_points_and_the_full_image_few_points(sampler) -> None:
    strokes, points = sampler(augment=False), sampler(augment=False, hole_masks=False)
    fractions = torch.stack([strokes.sample().weight.mean((1, 2, 3)) for _ in range(50)])
    fewer = torch.stack([points.sample().weight.mean((1, 2, 3)) for _ in range(50)])
    assert fractions.mean() > fewer.mean()
    assert fewer.min() < 0.1 < 0.3 < fewer.max()  # each patch has a fraction of its own
    (full,) = strokes.full_image()
    assert full.weight.mean() == pytest.approx(0.02, abs=0.01)


@pytest.mark.parametrize("augment", [True, False])
def test_without_augmentation_patches_are_shown_as_they_lie(sampler, augment: bool) -> None:
    patches = sampler(augment=augment)
    for _ in range(4):
        sample = patches.sample()
        target, seen = sample.inverse(sample.input).split([2, 1], 1)
        assert torch.equal(sample.target * seen, target * seen)
        as_it_lies = bool((sample.target[..., 2:] > sample.target[..., :-2]).all())
        assert as_it_lies != augment
