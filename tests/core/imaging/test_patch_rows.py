"""Patches by their rows: those that slices cut out, and their sums where slices are added."""

from __future__ import annotations

import torch

from napari_deep_prior.core.imaging.patch_rows import Overlap, patches_at

SIDE, SHAPE = 3, (2, 6, 8)
ACROSS = SHAPE[2] - SIDE + 1
PLACES = torch.tensor([[0, ACROSS + 1, 5], [3 * ACROSS + 5, ACROSS + 1, 2 * ACROSS]])


def image() -> torch.Tensor:
    return torch.randn(SHAPE, generator=torch.Generator().manual_seed(0))


def square(place: int) -> tuple[slice, slice, slice]:
    row, column = divmod(place, ACROSS)
    return slice(None), slice(row, row + SIDE), slice(column, column + SIDE)


def test_a_patch_is_what_lies_at_its_place() -> None:
    found = patches_at(image(), SIDE, PLACES)
    assert found.shape == (2, 3, 2 * SIDE * SIDE)
    for place, patch in zip(PLACES.flatten().tolist(), found.flatten(0, 1), strict=True):
        assert torch.equal(patch.view(2, SIDE, SIDE), image()[square(place)])


def test_patches_are_added_where_they_lie_and_nothing_is_left_of_those_before() -> None:
    overlap = Overlap(SIDE, SHAPE, torch.device("cpu"))
    overlap.summed(PLACES, torch.ones((*PLACES.shape, 2 * SIDE * SIDE)))
    patches = patches_at(image(), SIDE, PLACES)
    wanted = torch.zeros(SHAPE)
    for place, patch in zip(PLACES.flatten().tolist(), patches.flatten(0, 1), strict=True):
        wanted[square(place)] += patch.view(2, SIDE, SIDE)
    torch.testing.assert_close(overlap.summed(PLACES, patches), wanted)
