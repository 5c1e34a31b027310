"""A compression that was detected can be applied again; what is projected would have been rounded alike."""

from __future__ import annotations

import io

import numpy as np
import pytest
import torch
from PIL import Image
from scipy import ndimage

from napari_deep_prior.core.physics import jpeg
from napari_deep_prior.core.physics.jpeg_compression import (
    POSITION_CHANNELS,
    JPEGRounding,
    block_position_channels,
    deblocking_stages,
    detect_compression,
)


def compressed(quality: int, *, colour: bool = False) -> tuple[torch.Tensor, torch.Tensor]:
    """A scene (1, c, y, x) before and after JPEG, in grey levels."""
    noise = np.random.default_rng(0).standard_normal((96, 104, 3 if colour else 1))
    smooth = sum(ndimage.gaussian_filter(noise, (sigma, sigma, 0)) * sigma for sigma in (1, 3, 9))
    truth = (128 + 60 * smooth / np.abs(smooth).max()).round().astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(truth if colour else truth[..., 0]).save(file, "JPEG", quality=quality)
    opened = np.asarray(Image.open(file)).reshape(truth.shape)
    before, after = (torch.from_numpy(x.astype(np.float32)).movedim(-1, 0)[None] for x in (truth, opened))
    return before, after


def test_compressed_on_its_own_grid_an_image_hardly_changes() -> None:
    _, image = compressed(20)
    compression = detect_compression(image)
    own, shifted = (float((compression.compress(x) - x).abs().mean()) for x in (image, image[..., 3:, 5:]))
    assert own < 0.3 * shifted


@pytest.mark.parametrize("colour", [False, True])
def test_the_mean_over_all_shifts_has_fewer_blocks(colour: bool) -> None:
    truth, image = compressed(15, colour=colour)
    smooth = detect_compression(image).average_over_shifts(image)
    assert (smooth - truth).square().mean() < 0.9 * (image - truth).square().mean()


@pytest.mark.parametrize("colour", [False, True])
def test_a_projected_image_would_have_been_rounded_alike_and_is_projected_to_itself(colour: bool) -> None:
    _, image = compressed(30, colour=colour)
    compression = detect_compression(image)
    wrong = image + 9 * torch.randn(image.shape, generator=torch.Generator().manual_seed(0))
    projected = compression.project(wrong, image)
    difference = projected - image
    luma = (
        difference if not colour else (difference * torch.tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)).sum(1, True)
    )
    assert (jpeg.block_dct(luma).abs() <= 0.351 * compression.steps).all()
    torch.testing.assert_close(compression.project(projected, image), projected, atol=1e-3, rtol=0)


def test_the_one_stage_degrades_a_patch_and_shows_where_its_blocks_lie() -> None:
    truth, image = compressed(15)
    stages = deblocking_stages(image)
    (stage,) = stages.stages
    (learnt,) = stages.training_images(None)
    assert stages.training_images(torch.zeros_like(image))[0] is learnt, "estimates are not learnt from"
    assert (learnt - truth).square().mean() < (image - truth).square().mean()
    patch = learnt[..., 5 : 5 + 2 * stages.size_multiple, 9 : 9 + stages.size_multiple]
    shown = stage.network_input(stage.degrade(patch, torch.Generator()))
    assert shown.shape == (1, 1 + stages.extra_channels, *patch.shape[2:])
    assert (shown[:, :1] - patch).abs().mean() > 0.5
    torch.testing.assert_close(stage.data_consistency(learnt), learnt, atol=1e-3, rtol=0)


def test_a_rounding_is_that_of_its_own_plane_even_where_it_starts_from_a_neighbour() -> None:
    (_, first), (_, second) = compressed(20), compressed(40)
    model = JPEGRounding(second / 255)
    before = model(second / 255 + 0.01)
    model.load_state_dict(JPEGRounding(first / 255).state_dict())
    assert torch.equal(model(second / 255 + 0.01), before)


def test_of_an_image_that_was_never_compressed_nothing_is_learnt() -> None:
    truth, _ = compressed(20)
    assert deblocking_stages(truth) is None


def test_positions_in_a_block_are_alike_for_all_its_symmetries() -> None:
    positions = block_position_channels(torch.zeros(2, 1, 8, 16))
    assert positions.shape == (2, POSITION_CHANNELS, 8, 16)
    assert torch.equal(positions, positions.flip(-1))
    assert torch.equal(positions, positions.flip(-2))
    assert (float(positions.min()), float(positions.max())) == (pytest.approx(1 / 7), 1)
