"""What a fit sees of a plane, and what is kept from it."""

from __future__ import annotations

import dataclasses

import pytest
import torch


@pytest.mark.parametrize("hidden", [True, False])
def test_held_out_pixels_are_not_fitted_and_shown_only_where_they_are_not_hidden(observe, hidden: bool) -> None:
    observation, held = observe(torch.rand(1, 2, 6, 8)), torch.zeros(1, 1, 6, 8)
    held[..., 2:4] = 1
    seen = observation.without(held, hidden=hidden)
    assert torch.equal(seen.fitted, 1 - held)
    assert torch.equal(seen.shown, 1 - held if hidden else torch.ones_like(held))
    assert torch.equal(seen.known, torch.ones_like(held))


def test_shapes_and_masks(observe) -> None:
    known = torch.ones(1, 1, 6, 8)
    known[..., 0, 0] = 0
    observation = observe(torch.rand(1, 3, 6, 8), known)
    assert (observation.channels, observation.shape, observation.drawn_shape) == (3, (6, 8), (6, 8))
    assert observation.mask("known").sum() == 47
    assert observation.with_estimate(known).estimate is known


def test_a_part_has_its_part_of_the_neighbouring_planes(observe) -> None:
    image = torch.rand(1, 2, 6, 8)
    observation = dataclasses.replace(observe(image), context=torch.cat([image, 1 - image], 1))
    part = observation.part((slice(1, 5), slice(2, 8)))
    assert torch.equal(part.image, image[..., 1:5, 2:8])
    assert part.context is not None
    assert torch.equal(part.context[:, 2:], 1 - part.image)
