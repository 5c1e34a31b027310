"""Input schemes: the code stays the same, hidden pixels are hidden, turns are undone."""

from __future__ import annotations

import pytest
import torch

from napari_deep_prior.core.inputs import _TURNS, MaskedImage, NoiseCode


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_the_code_is_fixed_and_the_jitter_is_fresh() -> None:
    weight = torch.ones(1, 1, 6, 9)
    still = NoiseCode(weight, (6, 9), generator(), channels=4, jitter=0, draws=generator(1))
    assert torch.equal(still.draw().input, still.draw().input)
    code = still.draw().input
    assert code.shape == (1, 4, 6, 9)
    assert code.min() >= 0
    assert code.max() <= 0.1
    shaken = NoiseCode(weight, (6, 9), generator(), channels=4, jitter=0.03, draws=generator(1))
    first, second = shaken.draw().input, shaken.draw().input
    assert not torch.equal(first, second)
    assert (first - code).std() == pytest.approx(0.03, rel=0.2)


def masked(observed: torch.Tensor, weight: torch.Tensor) -> MaskedImage:
    return MaskedImage(observed, weight, hidden=0.3, draws=generator(1), turns=generator(2))


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
    seen = {tuple(forth(x).flatten().tolist()) + tuple(forth(x).shape) for forth, _ in _TURNS}
    assert len(seen) == 8
    assert all(torch.equal(back(forth(x)), x) for forth, back in _TURNS)
