"""Windows: what is cut out at once is what slices and symmetries give one by one."""

from __future__ import annotations

import pytest
import torch

from napari_deep_prior.core.imaging.symmetries import DIHEDRAL
from napari_deep_prior.core.sampling.gather import PatchGatherer
from napari_deep_prior.core.sampling.patches import PatchSampler


@pytest.mark.parametrize("shape", [(33, 70), (9, 9), (7, 20, 31)])
def test_they_are_slices_in_symmetries(shape: tuple[int, ...]) -> None:
    draw = torch.Generator().manual_seed(0)
    pieces = [
        {"one": torch.rand(1, 3, *shape, generator=draw), "other": torch.rand(1, 1, *shape, generator=draw)}
        for _ in range(3)
    ]
    patches = PatchSampler(shape, 8, draw)
    gatherer = PatchGatherer(pieces, patches.shape)
    places, symmetries = [patches.random_patch() for _ in range(8)], list(range(8))
    which = [number % 3 for number in range(8)]
    found = gatherer.gather(places, symmetries, which)
    assert found.keys() == pieces[0].keys()
    for number, (place, turn, piece) in enumerate(zip(places, symmetries, which, strict=True)):
        for name, picture in pieces[piece].items():
            assert torch.equal(found[name][number], DIHEDRAL[turn][0](picture[(0, slice(None), *place)]))
