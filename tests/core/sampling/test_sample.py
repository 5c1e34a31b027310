"""Input schemes: the code stays the same, hidden pixels are hidden, turns are undone."""

from __future__ import annotations

import pytest
import torch

from napari_deep_prior.core.imaging.symmetries import DIHEDRAL
from napari_deep_prior.core.methods.deep_image_prior import FixedCode
from napari_deep_prior.core.methods.recorrupted import ALPHA
from napari_deep_prior.core.noise.synthesis import CorrelatedNoise
from napari_deep_prior.core.sampling.image_sampler import ImageSampler
from napari_deep_prior.core.sampling.patches import PatchSampler


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def code_scheme(weight: torch.Tensor, jitter: float) -> FixedCode:
    return FixedCode(weight, weight, (6, 9), generator(), channels=4, jitter=jitter, base=0.0, draws=generator(1))


def test_the_code_is_fixed_and_the_jitter_is_fresh() -> None:
    weight = torch.ones(1, 1, 6, 9)
    still = code_scheme(weight, 0.0)
    assert torch.equal(still.draw().input, still.draw().input)
    code = still.draw().input
    assert code.shape == (1, 4, 6, 9)
    assert code.min() >= 0
    assert code.max() <= 0.1
    shaken = code_scheme(weight, 0.03)
    first, second = shaken.draw().input, shaken.draw().input
    assert not torch.equal(first, second)
    assert (first - code).std() == pytest.approx(0.03, rel=0.2)


def masked(observed: torch.Tensor, weight: torch.Tensor, gap: int = 0) -> ImageSampler:
    guess = torch.full_like(observed, 0.5)
    return ImageSampler(
        observed, weight, hidden=(0.3, 0.3), gap=gap, width=1.0, guess=guess, draws=generator(1), turns=generator(2)
    )


def test_what_is_weighed_was_not_shown() -> None:
    observed = torch.rand(1, 2, 11, 8, generator=generator())
    weight = (torch.rand(1, 1, 11, 8, generator=generator(5)) > 0.2).float()
    scheme = masked(observed, weight)
    for _ in range(16):
        draw = scheme.draw()
        shown, seen = draw.undo(draw.input).split([2, 1], 1)
        assert torch.equal(seen + draw.weight, weight)  # each known pixel is either shown or asked for
        assert torch.equal(shown * seen, observed * seen)
    assert scheme.channels == 3


def test_hidden_values_leave_no_trace_in_the_input() -> None:
    """Blind spot: change the hidden pixels, and the network sees the same."""
    observed = torch.rand(1, 1, 16, 16, generator=generator())
    weight = torch.ones(1, 1, 16, 16)
    draw = masked(observed, weight).draw()
    other = masked(torch.where(draw.weight > 0, 99.0, observed), weight).draw()
    assert torch.equal(draw.input, other.input)


def test_about_the_wanted_share_is_hidden() -> None:
    draw = masked(torch.rand(1, 1, 100, 100), torch.ones(1, 1, 100, 100)).draw()
    assert draw.weight.mean() == pytest.approx(0.3, abs=0.03)


def test_the_eight_turns_are_all_different_and_undone() -> None:
    x = torch.arange(24.0).reshape(1, 1, 4, 6)
    seen = {tuple(forth(x).flatten().tolist()) + tuple(forth(x).shape) for forth, _ in DIHEDRAL}
    assert len(seen) == 8
    assert all(torch.equal(back(forth(x)), x) for forth, back in DIHEDRAL)


def test_what_counts_is_far_from_all_that_is_shown() -> None:
    observed, weight = torch.rand(1, 1, 40, 30, generator=generator()), torch.ones(1, 1, 40, 30)
    scheme = masked(observed, weight, gap=2)
    for _ in range(8):
        draw = scheme.draw()
        seen = draw.undo(draw.input)[0, 1]
        assert draw.counts is not None
        for y, x in torch.argwhere(draw.weight[0, 0] > 0).tolist():
            assert seen[max(0, y - 2) : y + 3, max(0, x - 2) : x + 3].sum() == 0
        assert torch.equal(draw.counts, draw.weight)


def test_a_recorrupted_image_shows_one_half_and_asks_for_the_other() -> None:
    observed, weight = torch.rand(1, 2, 64, 48, generator=generator()), torch.ones(1, 1, 64, 48)
    counted = (torch.rand(1, 1, 64, 48, generator=generator(3)) > 0.1).float()
    source = CorrelatedNoise(((1.0,),), generator(4))
    scheme = ImageSampler(
        *(observed, weight),
        hidden=(0.0, 0.0),
        width=1.0,
        guess=observed,
        source=source,
        deviation=torch.full_like(observed, 0.2),
        counted=counted,
        draws=generator(1),
        turns=generator(2),
    )
    draw = scheme.draw()
    shown, seen = draw.undo(draw.input).split([2, 1], 1)
    assert seen.all()
    assert torch.equal(draw.weight, counted)
    added, taken = shown - observed, observed - draw.target
    assert added.std() == pytest.approx(0.2 * ALPHA, rel=0.1)
    assert torch.allclose(added / ALPHA**2, taken, atol=1e-5)
    one, other = scheme.whole()
    assert torch.allclose(one.target + other.target, 2 * observed, atol=1e-5)  # opposite noise, the same turn
    assert torch.allclose(
        one.undo(one.input) + other.undo(other.input), 2 * torch.cat([observed, weight], 1), atol=1e-5
    )


def test_a_crop_shows_the_image_where_it_lies() -> None:
    observed = torch.arange(70.0 * 90).reshape(1, 1, 70, 90) / 6300
    weight = torch.ones(1, 1, 70, 90)
    crops = PatchSampler((70, 90), 16, generator(7))
    scheme = ImageSampler(
        *(observed, weight),
        hidden=(0.3, 0.3),
        width=1.0,
        guess=observed,
        crops=crops,
        draws=generator(1),
        turns=generator(2),
    )
    draw = scheme.draw()
    assert draw.input.shape == (crops.number, 2, 16, 16)
    assert draw.target.shape == draw.weight.shape == (crops.number, 1, 16, 16)
    shown, seen = draw.undo(draw.input).split(1, 1)
    assert torch.equal(seen + draw.weight, torch.ones_like(seen))
    assert torch.equal(shown * seen, draw.target * seen)
    number = (draw.target[:, 0] * 6300).round().long()
    y, x = number // 90, number % 90  # where each pixel lies in the image
    assert all(len(row.unique()) == 16 and row.max() - row.min() == 15 for place in (y, x) for row in place)
    for dim in (1, 2):  # neighbours are neighbours
        assert (y.diff(dim=dim).abs() + x.diff(dim=dim).abs() == 1).all()
    assert len(draw.target[:, 0, 0, 0].unique()) > 1  # from different places
    assert scheme.whole()[0].input.shape[-2:] in ((70, 90), (90, 70))
