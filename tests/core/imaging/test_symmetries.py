"""The symmetries of the square: eight different ones, each undone by its inverse, image by image."""

from __future__ import annotations

import pytest
import torch

from napari_deep_prior.core.imaging.symmetries import DIHEDRAL, batch_symmetry, identity

IMAGE = torch.arange(2 * 3 * 5).reshape(1, 2, 3, 5)
SQUARE = torch.arange(9).reshape(1, 1, 3, 3)


@pytest.mark.parametrize("number", range(8))
def test_each_is_undone_by_its_inverse(number: int) -> None:
    forward, inverse = DIHEDRAL[number]
    assert torch.equal(inverse(forward(IMAGE)), IMAGE)
    assert torch.equal(forward(inverse(IMAGE)), IMAGE)


def test_they_are_all_different_and_begin_with_the_identity() -> None:
    images = {tuple(forward(SQUARE).flatten().tolist()) for forward, _ in DIHEDRAL}
    assert len(images) == 8
    assert torch.equal(DIHEDRAL[0][0](SQUARE), identity(SQUARE))


def test_they_are_a_group() -> None:
    images = {tuple(forward(SQUARE).flatten().tolist()) for forward, _ in DIHEDRAL}
    pairs = {tuple(a(b(SQUARE)).flatten().tolist()) for a, _ in DIHEDRAL for b, _ in DIHEDRAL}
    assert pairs == images


def test_each_image_of_a_batch_has_its_own() -> None:
    batch = torch.rand(3, 2, 4, 4)
    forward, inverse = batch_symmetry([0, 5, 3])
    turned = forward(batch)
    for index, number in enumerate([0, 5, 3]):
        assert torch.equal(turned[index : index + 1], DIHEDRAL[number][0](batch[index : index + 1]))
    assert torch.equal(inverse(turned), batch)


def test_a_batch_of_one_may_have_any_shape() -> None:
    forward, inverse = batch_symmetry([4])
    assert forward(IMAGE).shape == (1, 2, 5, 3)
    assert torch.equal(inverse(forward(IMAGE)), IMAGE)
