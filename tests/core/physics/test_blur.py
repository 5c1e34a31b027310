"""Initial estimates of deconvolution: sharper than the image, of known pixels alone, weighed by the noise."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from napari_deep_prior.core.physics.blur import Blur, UnknownBlur
from napari_deep_prior.core.physics.padding import crop_margin

BELL = torch.tensor([1.0, 2, 3, 2, 1])
KERNEL = torch.outer(BELL, BELL) / 81
ONES = torch.ones(1, 1, 48, 40)


def scene() -> tuple[torch.Tensor, torch.Tensor]:
    """A sharp image, and what is observed of it."""
    y, x = np.mgrid[:48, :40]
    sharp = 0.1 + 0.8 * (((y > 12) & (y < 34) & (x > 8) & (x < 20)) | ((x - 30) ** 2 + (y - 24) ** 2 < 40))
    sharp = torch.from_numpy(sharp).float()[None, None]
    model = Blur(KERNEL, photons=False)
    noise = 0.005 * torch.randn(sharp.shape, generator=torch.Generator().manual_seed(0))
    return sharp, model(model.upsample(sharp)) + noise


def error(image: torch.Tensor, sharp: torch.Tensor) -> float:
    return float((image - sharp).square().mean())


def test_the_initial_estimate_is_sharper_than_the_image() -> None:
    sharp, observed = scene()
    for photons in (False, True):
        model = Blur(KERNEL, photons=photons)
        estimate = model.initial_estimate(observed, ONES)
        assert estimate.shape[2:] == model.input_shape(observed.shape[2:])
        assert error(crop_margin(estimate, model.margin), sharp) < 0.3 * error(observed, sharp)


def test_pixels_of_weight_0_do_not_enter_it() -> None:
    _, observed = scene()
    weight = ONES.clone()
    weight[..., 20:25, 10:18] = 0
    one, other = (
        Blur(KERNEL, photons=True).initial_estimate(torch.where(weight > 0, observed, value), weight)
        for value in (0.0, 7.0)
    )
    torch.testing.assert_close(one, other)


def test_bright_pixels_weigh_less_where_noise_is_that_of_photons() -> None:
    observed = torch.full((1, 1, 48, 40), 0.2)
    observed[..., 20:] = 0.8
    _, weight, _ = Blur(KERNEL, photons=True).weighted(observed, ONES)
    assert weight[..., 24, 5] / weight[..., 24, 35] == 4
    _, weight, _ = Blur(KERNEL, photons=False).weighted(observed, ONES)
    assert torch.equal(weight, ONES)


def test_where_no_kernel_can_be_estimated_the_fallback_is_taken_and_nothing_begun_with() -> None:
    flat = torch.full((1, 1, 48, 40), 0.5)
    model = UnknownBlur(flat, ONES, KERNEL, photons=False)
    torch.testing.assert_close(model.kernel, KERNEL)
    assert model.initial_estimate(flat, ONES) is None


def test_an_estimated_kernel_is_begun_with_and_stays_light_of_sum_one() -> None:
    _, observed = scene()
    model = UnknownBlur(observed, ONES, torch.full((5, 5), 1 / 25), photons=False)
    assert (model.kernel - KERNEL).abs().sum() < (1 / 25 - KERNEL).abs().sum()
    assert model.initial_estimate(observed, ONES) is not None
    with torch.no_grad():
        model.logits.add_(torch.randn(5, 5, generator=torch.Generator().manual_seed(0)))
    assert float(model.kernel.detach().sum()) == pytest.approx(1, abs=1e-6)
    assert (model.kernel > 0).all()
