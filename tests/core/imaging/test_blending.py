"""The seam: what is drawn meets what was measured; inside a hole its structure stays."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from napari_deep_prior.core.imaging import blending


def holes(share: float, seed: int, shape: tuple[int, int] = (40, 33)) -> torch.Tensor:
    """Known pixels, 1 or 0, at least one of them."""
    known = torch.rand(shape, generator=torch.Generator().manual_seed(seed)) < share
    known[0, 0] = True
    return known.float()[None, None]


def square(width: int, size: int = 64) -> torch.Tensor:
    known = torch.ones(1, 1, size, size)
    start = (size - width) // 2
    known[..., start : start + width, start : start + width] = 0
    return known


def picture(size: int = 64) -> torch.Tensor:
    y, x = torch.meshgrid(torch.arange(size), torch.arange(size), indexing="ij")
    return (0.5 + 0.2 * torch.sin(x / 3.0) * torch.cos(y / 4.0))[None, None].float()


@given(st.floats(0.01, 1), st.integers(0, 99), st.sampled_from([0.0, 1.0]))
def test_a_wrong_level_is_put_right_everywhere(share: float, seed: int, sigma: float) -> None:
    truth, known = torch.rand(1, 2, 40, 33, generator=torch.Generator().manual_seed(seed)), holes(share, seed)
    met = blending.seamless_blend(truth + 0.2, truth * known, known, sigma)
    torch.testing.assert_close(met, truth, atol=1e-4, rtol=0)


@pytest.mark.parametrize("width", [2, 7, 20, 48])
@pytest.mark.parametrize("sigma", [0.0, 1.0])
def test_the_step_across_the_rim_gets_smaller(width: int, sigma: float) -> None:
    truth, known = picture(), square(width)
    slope = torch.linspace(-0.1, 0.2, 64).expand_as(truth)
    drawn = truth + slope
    met = blending.seamless_blend(drawn, truth, known, sigma)
    steps = [rim_step(torch.where(known > 0, truth, filled) - truth, known) for filled in (drawn, met)]
    assert steps[1] < 0.3 * steps[0]
    hole = known == 0
    assert (met - truth)[hole].abs().mean() < 0.5 * (drawn - truth)[hole].abs().mean()


def rim_step(error: torch.Tensor, known: torch.Tensor) -> float:
    """Mean size of the jump of the error between horizontal neighbours of which one is known."""
    across = known[..., 1:] != known[..., :-1]
    return float((error[..., 1:] - error[..., :-1])[across].abs().mean())


def test_what_already_meets_stays_as_it_is() -> None:
    truth, known = picture(), square(20)
    torch.testing.assert_close(blending.seamless_blend(truth, truth, known, 1.0), truth)


def test_missing_pixels_have_no_influence() -> None:
    truth, known = picture(), square(20)
    other = torch.where(known > 0, truth, 77.0)
    assert torch.equal(
        blending.seamless_blend(truth + 0.1, truth, known, 1.0), blending.seamless_blend(truth + 0.1, other, known, 1.0)
    )


def test_colours_that_run_away_in_a_wide_hole_come_back_and_its_texture_stays() -> None:
    flat, known = torch.full((1, 1, 96, 96), 0.5), square(40, 96)
    y, x = torch.meshgrid(torch.arange(96), torch.arange(96), indexing="ij")
    texture = (0.1 * ((x + y) % 2) - 0.05).float()[None, None]
    astray = 0.3 * torch.exp(-((y - 48.0) ** 2 + (x - 48.0) ** 2) / (2 * 12**2))[None, None]
    levelled = blending.match_coarse_level(flat + texture + astray, flat, known, 5.0)
    middle = (..., slice(38, 58), slice(38, 58))
    left = (levelled - flat - texture)[middle].abs().max()
    assert left < 0.2 * astray[middle].abs().max()
    added = levelled - flat - texture - astray
    assert rim_step(added, known) < 0.01  # and no seam is made


def test_what_is_astray_is_told_from_the_known_pixels_alone() -> None:
    truth, known = picture(), square(20)
    other = torch.where(known > 0, truth, 77.0)
    first, second = (blending.match_coarse_level(truth + 0.1, seen, known, 4.0) for seen in (truth, other))
    torch.testing.assert_close(first, second)


@given(st.floats(0.01, 1), st.integers(0, 99))
def test_a_film_stays_between_the_values_it_is_fixed_to(share: float, seed: int) -> None:
    values, known = torch.rand(1, 1, 40, 33, generator=torch.Generator().manual_seed(seed + 1)), holes(share, seed)
    film = blending.membrane_interpolation(values, known)
    fixed = values[known > 0]
    assert torch.equal(film[known > 0], fixed)
    assert film.min() >= fixed.min() - 1e-5
    assert film.max() <= fixed.max() + 1e-5


def test_a_film_over_a_wide_hole_is_nearly_harmonic() -> None:
    """Of a linear function it is that function: nothing else is both smooth and fixed all around."""
    plane = torch.linspace(0, 1, 64).expand(1, 1, 64, 64)
    film = blending.membrane_interpolation(plane, square(40))
    assert float((film - plane).abs().max()) < 0.06
    assert np.isfinite(film.numpy()).all()
