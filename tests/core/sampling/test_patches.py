"""Crops: inside the image, everywhere in it, and no more than a step's worth."""

from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st

from napari_deep_prior.core.sampling.patches import PatchSampler


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


@given(st.integers(1, 700), st.integers(1, 700), st.sampled_from([64, 128]))
def test_they_lie_in_the_image_and_are_squares(height: int, width: int, side: int) -> None:
    patches = PatchSampler((height, width), side, generator())
    image = torch.zeros(height, width)
    places = patches.random_patches()
    assert all(image[place].shape == (patches.side, patches.side) for place in places)
    assert 1 <= len(places) == patches.number
    assert patches.number * patches.side**2 <= 2**16


def test_every_pixel_has_its_turn() -> None:
    patches, image = PatchSampler((150, 100), 64, generator()), torch.zeros(150, 100)
    for _ in range(300):
        for place in patches.random_patches():
            image[place] += 1
    assert image.min() > image.mean() / 10


def test_a_small_image_is_taken_as_a_whole() -> None:
    patches = PatchSampler((40, 40), 64, generator())
    assert patches.random_patches() == [(slice(0, 40), slice(0, 40))]


@given(st.integers(8, 4096))
def test_the_whole_is_drawn_soon_and_then_regularly(side: int) -> None:
    patches = PatchSampler((side, side), 64, generator())
    at = [step for step in range(1, 5001) if patches.full_image_due(step)]
    assert at[:3] == [1, 10, 20]
    assert len(at) >= 500 / (1 + side**2 / 2**17)
    late = PatchSampler((side, side), 64, generator(), early=False)
    regular = [step for step in range(1, 5001) if late.full_image_due(step)]
    assert regular == [step for step in at if step % regular[0] == 0]


@given(st.integers(8, 4096), st.sampled_from([1, 2]))
def test_drawing_takes_a_third_of_the_time_and_half_of_it_where_it_would_be_seldom(side: int, times: int) -> None:
    whole = times * side**2
    patches = PatchSampler((side, side), 64, generator(), full_pixels=whole, early=False)
    every = next(step for step in range(1, 5001) if patches.full_image_due(step))
    cost = whole / 3 / (patches.number * patches.side**2)
    assert cost / (every + cost) <= (1 / 3 if every < 80 else 0.52)
