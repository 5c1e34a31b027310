"""Super-resolution: which factors, and when the result agrees with the image."""

from __future__ import annotations

import dataclasses

import pytest
import torch

from napari_deep_prior.core.data.masks import Masks
from napari_deep_prior.core.run.fit import Fit
from napari_deep_prior.core.tasks.super_resolve import SuperResolve

OBSERVED = torch.rand(1, 2, 12, 10, generator=torch.Generator().manual_seed(0))
MASKS = Masks.of(OBSERVED[0].numpy())


def test_a_factor_of_1_in_both_directions_is_refused_and_in_one_it_is_not() -> None:
    image = OBSERVED[0, 0].numpy()
    with pytest.raises(ValueError, match="factor = 1: needs 2 or more"):
        Fit(image, SuperResolve(factor=1))
    assert SuperResolve(factor=1, factor_y=3).output_shape((12, 10)) == (36, 10)
    assert SuperResolve(factor=4).output_shape((5, 12, 10)) == (5, 48, 40)


def test_unless_told_otherwise_a_large_pixel_is_that_of_a_camera() -> None:
    fine = torch.rand(1, 2, 24, 20, generator=torch.Generator().manual_seed(0))
    seen = SuperResolve(factor=2).forward_model(OBSERVED, MASKS)(fine)
    torch.testing.assert_close(seen, fine.unfold(2, 2, 2).unfold(3, 2, 2).mean((-1, -2)))


@pytest.mark.parametrize("kernel", ["lanczos", "area"])
def test_a_network_fitted_to_all_pixels_is_made_to_agree_with_them_unless_they_are_noisy(kernel: str) -> None:
    task = SuperResolve(factor=2, factor_y=3, kernel=kernel)
    model = task.forward_model(OBSERVED, MASKS)
    output = model.upsample(OBSERVED) + 0.2 * torch.rand(1, 2, 36, 20, generator=torch.Generator().manual_seed(1))
    difference = (model(output) - OBSERVED).abs().mean()
    agreeing = task.finish(output, OBSERVED, MASKS, model, fits_known=True)
    assert (model(agreeing) - OBSERVED).abs().mean() < 0.01 * difference
    assert task.finish(output, OBSERVED, MASKS, model, fits_known=False) is output
    noisy = dataclasses.replace(task, denoise_too=True)
    assert noisy.finish(output, OBSERVED, MASKS, model, fits_known=True) is output
