"""The residual: what was taken away, and how alike its pixels are."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from napari_deep_prior.core.data.axes import Axes
from napari_deep_prior.core.diagnostics.residual import (
    REACH,
    autocorrelation,
    blend,
    plane_residual,
    residual,
    structure,
)
from napari_deep_prior.core.tasks.deconvolve import Deconvolve
from napari_deep_prior.core.tasks.denoise import Denoise
from napari_deep_prior.core.tasks.inpaint import Inpaint
from napari_deep_prior.core.tasks.super_resolve import SuperResolve

RNG = np.random.default_rng(0)
EVERYWHERE = np.ones((96, 80), bool)
NOISE = RNG.normal(0, 10, (96, 80))
YX = np.mgrid[:96, :80]
TRUTH = 300 + 200 * np.sin(YX[0] / 9) * np.sin(YX[1] / 7)


@pytest.mark.parametrize("shift", [(0, 3), (4, 0), (2, 5), (3, -4)])
def test_a_pattern_that_comes_back_is_found_at_its_distance(shift):
    twice = NOISE + np.roll(NOISE, shift, (0, 1))
    found = autocorrelation(twice[None], EVERYWHERE)
    assert found.shape == (REACH + 1, 2 * REACH + 1)
    assert found[0, REACH] == pytest.approx(1)
    assert found[shift[0], REACH + shift[1]] == pytest.approx(0.5, abs=0.1)
    assert structure(autocorrelation(NOISE[None], EVERYWHERE), 1) < 0.06


def test_holes_do_not_count():
    holes = EVERYWHERE.copy()
    holes[::3] = False
    holey = np.where(holes, NOISE, 1e6)
    assert structure(autocorrelation(holey[None], holes), 1) < 0.06
    mask = np.zeros((96, 80), np.uint8)
    mask[10:20, 10:30] = 1
    left = residual(TRUTH, (TRUTH + 5).astype(np.float32), Inpaint(mask=mask), Axes("YX"))
    assert (left[mask > 0] == 0).all()
    assert left[mask == 0] == pytest.approx(-5, abs=1e-3)


def test_colours_and_stacks_keep_their_axes():
    image = RNG.integers(0, 200, (2, 9, 12, 3)).astype(np.uint8)
    left = residual(image, image.astype(np.float32) - 1, Denoise(), Axes("ZYXS"))
    assert left.shape == image.shape
    assert (left == 1).all()


def test_a_blend_goes_from_one_to_the_other():
    observed, restored = NOISE.astype(np.uint16), TRUTH.astype(np.float32)
    assert (blend(observed, restored, 1) == restored).all()
    assert (blend(observed, restored, 0) == observed).all()
    assert blend(observed, restored, 0.25) == pytest.approx(0.75 * observed + 0.25 * restored)


def test_a_wanted_image_is_seen_through_its_forward_model_first() -> None:
    """The residual of the truth is the noise, whatever the instrument does."""
    psf = np.outer(*2 * [np.array([1.0, 2.0, 1.0])])
    task, truth = Deconvolve(psf=psf / psf.sum()), TRUTH.astype(np.float32)
    masks = task.masks(truth[None])
    blur = task.forward_model(torch.from_numpy(truth)[None, None], masks)
    padded = torch.from_numpy(np.pad(truth, [(side, side) for side in blur.margin], mode="edge"))
    observed = blur(padded[None, None])[0, 0].numpy() + NOISE
    left = residual(observed, truth, task, Axes("YX"))
    np.testing.assert_allclose(left, NOISE, atol=1e-2)
    assert np.abs(observed - truth - NOISE).max() > 1, "the blur is strong enough to tell"


def test_of_a_finer_result_the_pixels_are_averaged_again() -> None:
    finer = TRUTH.astype(np.float32).repeat(2, 0).repeat(2, 1)
    left = residual(TRUTH + NOISE, finer, SuperResolve(factor=2), Axes("YX"))
    assert left.shape == TRUTH.shape
    inside = (slice(3, -3), slice(3, -3))
    assert np.corrcoef(left[inside].ravel(), NOISE[inside].ravel())[0, 1] > 0.95


def test_an_instrument_that_was_estimated_leaves_no_residual() -> None:
    left = residual(TRUTH + NOISE, TRUTH.astype(np.float32), Deconvolve(blur="unknown"), Axes("YX"))
    assert not left.any()


def test_one_plane_is_that_of_the_whole() -> None:
    stack = np.stack([TRUTH, TRUTH + NOISE])
    axes = Axes("TYX")
    restored = np.stack([TRUTH, TRUTH]).astype(np.float32)
    whole = residual(stack, restored, Denoise(), axes)
    for number, index in enumerate(axes.planes(stack.shape)):
        np.testing.assert_array_equal(plane_residual(stack, restored, Denoise(), axes, index)[0], whole[number])
    np.testing.assert_allclose(whole[1], NOISE, atol=1e-3)


def test_correlation_that_the_noise_has_is_no_structure() -> None:
    shared = (NOISE + np.roll(NOISE, 1, 1)) / 2**0.5
    found = autocorrelation(shared[None], EVERYWHERE)
    assert structure(found, 1) > 0.1
    assert structure(found, 2) < 0.06
