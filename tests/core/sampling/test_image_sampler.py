"""ImageSampler: hidden pixels are hidden, symmetries are undone, halves of a split share no noise."""

from __future__ import annotations

import dataclasses
from collections import Counter

import pytest
import torch

from napari_deep_prior.core.imaging.symmetries import DIHEDRAL
from napari_deep_prior.core.methods.recorrupted import ALPHA, Recorruption
from napari_deep_prior.core.noise.synthesis import CorrelatedNoise
from napari_deep_prior.core.physics.forward_model import Identity
from napari_deep_prior.core.sampling.image_sampler import CONTEXT_DROPPED, ONE_SIDED, ImageSampler, ImageSampling


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


class _OneWay(Identity):
    commutes_with_symmetries = False


def options(**given) -> ImageSampling:
    return ImageSampling(**{"smoothing_sigma": 1.0, **given})


def test_what_is_weighed_was_not_shown(observe, chance) -> None:
    image = torch.rand(1, 2, 11, 8, generator=generator())
    known = (torch.rand(1, 1, 11, 8, generator=generator(5)) > 0.2).float()
    sampler = ImageSampler(observe(image, known), options(), chance())
    for _ in range(16):
        sample = sampler.sample()
        shown, seen = sample.inverse(sample.input).split([2, 1], 1)
        assert torch.equal(seen + sample.weight, known)  # each known pixel is either shown or asked for
        assert torch.equal(shown * seen, image * seen)
    assert sampler.channels == 3


def test_hidden_values_leave_no_trace_in_the_input(observe, chance, monkeypatch: pytest.MonkeyPatch) -> None:
    """Blind spot: change the hidden pixels, and the network sees the same, but for the mean of all far away."""
    monkeypatch.setattr(
        "napari_deep_prior.core.sampling.image_sampler.smooth_estimate", lambda image, *_: torch.full_like(image, 0.5)
    )
    image = torch.rand(1, 1, 16, 16, generator=generator())
    sample = ImageSampler(observe(image), options(), chance()).sample()
    other = ImageSampler(observe(torch.where(sample.weight > 0, 99.0, image)), options(), chance()).sample()
    assert torch.equal(sample.input, other.input)


def test_about_the_wanted_fraction_is_hidden(observe, chance) -> None:
    sample = ImageSampler(observe(torch.rand(1, 1, 100, 100)), options(), chance()).sample()
    assert sample.weight.mean() == pytest.approx(0.3, abs=0.03)


def test_the_eight_symmetries_are_all_different_and_undone() -> None:
    x = torch.arange(24.0).reshape(1, 1, 4, 6)
    seen = {tuple(forth(x).flatten().tolist()) + tuple(forth(x).shape) for forth, _ in DIHEDRAL}
    assert len(seen) == 8
    assert all(torch.equal(back(forth(x)), x) for forth, back in DIHEDRAL)


def test_what_counts_is_far_from_all_that_is_shown(observe, chance) -> None:
    image = torch.rand(1, 1, 40, 30, generator=generator())
    sampler = ImageSampler(observe(image), options(blind_spot_radius=2), chance())
    for _ in range(8):
        sample = sampler.sample()
        seen = sample.inverse(sample.input)[0, 1]
        assert sample.averaging_mask is not None
        for y, x in torch.argwhere(sample.weight[0, 0] > 0).tolist():
            assert seen[max(0, y - 2) : y + 3, max(0, x - 2) : x + 3].sum() == 0
        assert torch.equal(sample.averaging_mask, sample.weight)


def test_a_split_image_shows_one_half_and_asks_for_the_other(observe, chance) -> None:
    image = torch.rand(1, 2, 64, 48, generator=generator())
    fitted = (torch.rand(1, 1, 64, 48, generator=generator(3)) > 0.1).float()
    split = Recorruption(CorrelatedNoise(((1.0,),), generator(4)), torch.full_like(image, 0.2))
    sampler = ImageSampler(observe(image, fitted=fitted), options(mask_fraction=(0.0, 0.0)), chance(), split)
    sample = sampler.sample()
    shown, seen = sample.inverse(sample.input).split([2, 1], 1)
    assert seen.all()
    assert torch.equal(sample.weight, fitted)
    added, taken = shown - image, image - sample.target
    assert added.std() == pytest.approx(0.2 * ALPHA, rel=0.1)
    assert torch.allclose(added / ALPHA**2, taken, atol=1e-5)
    one, other = sampler.full_image()
    assert torch.allclose(one.target + other.target, 2 * image, atol=1e-5)  # opposite noise, the same symmetry
    both = one.inverse(one.input) + other.inverse(other.input)
    assert torch.allclose(both, 2 * torch.cat([image, torch.ones_like(fitted)], 1), atol=1e-5)


def test_a_patch_shows_the_image_where_it_lies(observe, chance) -> None:
    image = torch.arange(70.0 * 90).reshape(1, 1, 70, 90) / 6300
    sampler = ImageSampler(observe(image), options(patch_size=16), chance())
    sample = sampler.sample()
    assert sample.input.shape == (sampler.patches.number, 2, 16, 16)
    assert sample.target.shape == sample.weight.shape == (sampler.patches.number, 1, 16, 16)
    shown, seen = sample.inverse(sample.input).split(1, 1)
    assert torch.equal(seen + sample.weight, torch.ones_like(seen))
    assert torch.equal(shown * seen, sample.target * seen)
    number = (sample.target[:, 0] * 6300).round().long()
    y, x = number // 90, number % 90  # where each pixel lies in the image
    assert all(len(row.unique()) == 16 and row.max() - row.min() == 15 for place in (y, x) for row in place)
    for dim in (1, 2):  # neighbours are neighbours
        assert (y.diff(dim=dim).abs() + x.diff(dim=dim).abs() == 1).all()
    assert len(sample.target[:, 0, 0, 0].unique()) > 1  # from different places
    assert sampler.full_image()[0].input.shape[-2:] in ((70, 90), (90, 70))


@pytest.mark.parametrize("patch_size", [0, 5])
def test_a_guide_is_cut_and_turned_with_the_image(observe, chance, patch_size: int) -> None:
    image = torch.rand(1, 1, 8, 12)
    sampler = ImageSampler(
        observe(image, guide=image), options(mask_fraction=(0.0, 0.0), patch_size=patch_size), chance()
    )
    assert sampler.channels == 3
    for _ in range(8):
        sample = sampler.sample()
        shown, _, guide = sample.inverse(sample.input).split(1, 1)
        assert torch.equal(shown, guide)


@pytest.mark.parametrize(("commutes", "patch_size", "turned"), [(True, 8, True), (False, 8, False), (False, 0, True)])
def test_patches_are_turned_where_the_forward_model_commutes_with_that(
    observe, chance, commutes: bool, patch_size: int, turned: bool
) -> None:
    image = torch.arange(12.0 * 12).reshape(1, 1, 12, 12)
    sampler = ImageSampler(
        observe(image, physics=Identity() if commutes else _OneWay()), options(patch_size=patch_size), chance()
    )
    upright = []
    for _ in range(6):
        sample = sampler.sample()
        shown, seen = sample.input.split(1, 1)
        columns = (shown.diff(dim=-1) == 1) | (seen[..., 1:] == 0) | (seen[..., :-1] == 0)
        upright.append(bool(columns.all()))
    assert all(upright) != turned


@pytest.mark.parametrize("planes", [4, 5])
def test_some_patches_see_no_neighbours_and_some_those_of_one_side_twice(observe, chance, planes: int) -> None:
    """Two channels, their neighbours before and behind, and where there are five planes a mean of many more."""
    image = torch.rand(1, 2, 24, 24, generator=generator())
    beside = torch.arange(1.0, 1 + 2 * planes).view(1, -1, 1, 1).expand(1, -1, 24, 24).contiguous()
    observation = dataclasses.replace(observe(image), context=beside)
    sampler = ImageSampler(observation, options(patch_size=8), chance())
    seen = Counter()
    for _ in range(60):
        for patch in sampler.sample().input[:, 3:, 0, 0].round().int().tolist():
            seen[tuple(patch)] += 1
    whole = list(range(1, 1 + 2 * planes))
    before = [1, 2, 1, 2, 5, 6, 5, 6, *whole[8:]]
    behind = [3, 4, 3, 4, 7, 8, 7, 8, *whole[8:]]
    assert set(seen) == {(*shown, 1) for shown in (whole, before, behind)} | {(0,) * (2 * planes + 1)}
    total = sum(seen.values())
    assert seen[(0,) * (2 * planes + 1)] / total == pytest.approx(CONTEXT_DROPPED, abs=0.1)
    assert (seen[(*before, 1)] + seen[(*behind, 1)]) / total == pytest.approx(0.75 * ONE_SIDED, abs=0.1)
    full = sampler.full_image()[0].input[0, 3:, 0, 0].round().int().tolist()
    assert full == [*whole, 1]
