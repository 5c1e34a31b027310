"""Blocks of pixels kept out of a fit."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from napari_deep_prior.core.stopping.pixels import PixelBlocks, sample_blocks
from napari_deep_prior.core.stopping.rules import EarlyStopping, NeverStop


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("shape", [(64, 80), (5, 40, 44)])
def test_about_the_asked_fraction_lies_in_blocks(shape: tuple[int, ...]) -> None:
    held = sample_blocks(np.ones(shape, bool), 0.1, 4, generator())
    assert held.mean() == pytest.approx(0.1, abs=0.04)
    blocks = held.reshape(*shape[:-2], shape[-2] // 4, 4, shape[-1] // 4, 4)
    assert np.isin(blocks.mean((-3, -1)), (0, 1)).all()


@pytest.mark.parametrize("seed", range(8))
def test_small_images_give_one_block_and_never_all(seed: int) -> None:
    known = np.ones((6, 6), bool)
    held = sample_blocks(known, 1e-6, 2, generator(seed))
    assert held.sum() == 4
    assert not sample_blocks(np.eye(1, dtype=bool), 0.5, 2, generator(seed)).any()


def test_an_image_too_small_for_a_block_is_never_stopped(observe) -> None:
    criterion = PixelBlocks(rule=EarlyStopping(), fraction=0.05, block_size=4)
    hold_out = criterion.hold_out(observe(torch.rand(1, 1, 3, 3)), generator())
    assert not hold_out.pixels.any()
    assert isinstance(hold_out.rule, NeverStop)
    assert list(hold_out.notes()) == []


def test_the_record_tells_how_many_of_the_known_pixels_were_kept_out(observe) -> None:
    known = torch.ones(1, 1, 40, 40)
    known[..., :20] = 0
    hold_out = PixelBlocks(rule=EarlyStopping(), fraction=0.1, block_size=5).hold_out(
        observe(torch.rand(1, 1, 40, 40), known), generator()
    )
    (note,) = hold_out.notes()
    fraction = hold_out.pixels.sum() / (20 * 40)
    assert note == f"{fraction:.1%} of the known pixels, in blocks of 5 x 5, were kept out of the fit"


def test_each_plane_of_a_volume_has_blocks_of_its_own() -> None:
    held = sample_blocks(np.ones((3, 40, 44), bool), 0.3, 4, generator())
    assert not (held[0] == held[1]).all()
