"""The laws of stages: undone on each training image, a stage leads back to its grid; the last one ends on that of the result."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from napari_deep_prior.core.methods.plug_and_play import deconvolution_stages
from napari_deep_prior.core.physics.blur import Blur
from napari_deep_prior.core.physics.resampling import super_resolution_stages
from napari_deep_prior.core.physics.stages import DegradationStages

OBSERVED = torch.rand(1, 2, 40, 44, generator=torch.Generator().manual_seed(0))
KERNEL = torch.full((3, 5), 1 / 15)


def of_a_blur() -> DegradationStages:
    model, weight = Blur(KERNEL, photons=False), torch.ones(1, 1, 40, 44)
    estimate = model.initial_estimate(OBSERVED, weight)
    return deconvolution_stages(estimate, *model.weighted(OBSERVED, weight), model.kernel)


MADE: dict[str, tuple[Callable[[], DegradationStages], tuple[int, int]]] = {
    "x 6": (lambda: super_resolution_stages(OBSERVED, (6, 6), "lanczos", noise=None), (240, 264)),
    "x 4 and 6, noisy": (lambda: super_resolution_stages(OBSERVED, (4, 6), "area", noise=0.05), (160, 264)),
    "blur": (of_a_blur, (42, 48)),
}


@pytest.mark.parametrize("name", MADE)
def test_a_stage_that_is_undone_leads_back_to_the_grid(name: str) -> None:
    made, drawn = MADE[name]
    stages = made()
    estimate = torch.rand(1, 2, *drawn, generator=torch.Generator().manual_seed(1))
    for image in (*stages.training_images(None), *stages.training_images(estimate)):
        rows, columns = (n // stages.size_multiple * stages.size_multiple for n in image.shape[2:])
        patch = image[..., :rows, :columns]
        for stage in stages.stages:
            shown = stage.network_input(stage.degrade(patch, torch.Generator().manual_seed(2)))
            assert shown.shape == (1, 2 + stages.extra_channels, rows, columns)
            assert (shown[:, :2] - patch).abs().mean() > 1e-3, "nothing was lost"


@pytest.mark.parametrize("name", MADE)
def test_all_stages_undone_end_on_the_grid_of_the_result_and_agree_with_what_was_observed(name: str) -> None:
    made, drawn = MADE[name]
    stages = made()
    reached = OBSERVED if stages.initial_estimate is None else stages.initial_estimate
    for stage in stages.stages:
        reached = stage.data_consistency(stage.network_input(reached)[:, :2])
    assert reached.shape[2:] == drawn
    assert reached.isfinite().all()


def test_only_factors_alike_allow_transposed_examples() -> None:
    assert super_resolution_stages(OBSERVED, (4, 4), "area", noise=None).transpose_invariant
    assert not super_resolution_stages(OBSERVED, (4, 6), "area", noise=None).transpose_invariant


def test_noise_is_added_in_the_first_stage_alone() -> None:
    first, second = super_resolution_stages(OBSERVED, (4, 4), "area", noise=0.1).stages
    flat = torch.full((1, 1, 200, 200), 0.5)
    draw = torch.Generator().manual_seed(0)
    assert float(first.degrade(flat, draw).std()) == pytest.approx(0.1 * (1 - 1 / 4) ** 0.5, rel=0.05)
    torch.testing.assert_close(second.degrade(flat, draw), torch.full((1, 1, 100, 100), 0.5))
