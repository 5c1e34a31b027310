"""Planes that are looked at: whether there is something to restore, and in which channels."""

from __future__ import annotations

import numpy as np
import torch

from napari_deep_prior import Denoise
from napari_deep_prior.core.compute import device as devices
from napari_deep_prior.core.data.axes import Axes
from napari_deep_prior.core.data.stack import PlaneStack
from napari_deep_prior.core.run.shared.pieces import Pieces, Seen


def pieces_of(image: np.ndarray, letters: str) -> Pieces:
    axes = Axes(letters)
    return Pieces(
        stack=PlaneStack(image, axes),
        axes=axes,
        task=Denoise(),
        device=devices.choose("cpu", "float32", 1),
    )


def test_a_plane_of_one_value_is_returned_as_it_is() -> None:
    image = np.random.default_rng(0).normal(size=(3, 8, 9))
    image[1] = 5
    pieces = pieces_of(image, "TYX")
    assert isinstance(pieces.see(0), Seen)
    assert pieces.see(1) == "all its pixels are alike"


def test_what_is_read_in_its_turn_enters_the_fingerprint_and_what_is_looked_at_does_not() -> None:
    pieces = pieces_of(np.random.default_rng(0).normal(size=(3, 8, 9)), "TYX")
    before = pieces.stack.fingerprint
    pieces.see(2, in_turn=False)
    assert pieces.stack.fingerprint == before
    pieces.see(0)
    assert pieces.stack.fingerprint != before


def test_a_flat_channel_is_put_back() -> None:
    image = np.random.default_rng(0).normal(size=(2, 3, 16, 17)).astype(np.float32)
    image[:, 1] = 7
    pieces = pieces_of(image, "TCYX")
    seen = pieces.see(0)
    assert isinstance(seen, Seen)
    assert seen.varied.shape == (2, 16, 17)
    plane = pieces.prepare(seen, None)
    whole = plane.with_flat(np.zeros((2, 16, 17), np.float32), value=True)
    np.testing.assert_array_equal(whole[:, 0, 0], [0, 7, 0])
    assert plane.observation().image.dtype == torch.float32
