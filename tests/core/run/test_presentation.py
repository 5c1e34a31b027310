"""Tensors of a fit as arrays of the caller's."""

from __future__ import annotations

import dataclasses

import numpy as np

from napari_deep_prior import Denoise, Fit, Settings
from napari_deep_prior.core.run.recovery import BestResult

QUICK = Settings(
    preset="fast", method="deep-image-prior", iterations=3, seconds="never", device="cpu", stopping="never"
)


def presented(task=None):
    image = np.random.default_rng(0).normal(500, 50, (24, 30)).astype(np.float32)
    fit = Fit(image, task, QUICK)
    list(fit)
    return image, fit._current._presentation


def test_kept_pixels_come_back_as_they_were_and_without_doubt() -> None:
    noisy = np.zeros((24, 30), np.uint8)
    noisy[:, 10:20] = 1
    image, presentation = presented(Denoise(noisy_region=noisy))
    solver = presentation.solver
    restored, uncertainty = presentation.picture(BestResult(3, solver.image, solver.deviation))
    np.testing.assert_array_equal(restored[noisy == 0], image[noisy == 0])
    assert not uncertainty[noisy == 0].any()
    assert uncertainty[noisy == 1].any()


def test_a_result_that_is_the_start_is_as_uncertain_as_the_fit_lies_from_it() -> None:
    _, presentation = presented()
    solver = presentation.solver
    start = BestResult(0, solver.image + 0.25, 0 * solver.deviation)
    _, uncertainty = presentation.picture(start)
    np.testing.assert_allclose(uncertainty, 0.25 * presentation.plane.scaling.gain.item(), rtol=1e-4)


def test_the_noise_that_stays_is_added_where_the_network_sees_the_image() -> None:
    _, presentation = presented()
    sees = dataclasses.replace(
        presentation, method=type("Sees", (), {"leaves_noise": True, "spread": lambda s, d, i, e: d})()
    )
    result = BestResult(3, presentation.solver.image, presentation.solver.deviation)
    plain, more = presentation.picture(result)[1], sees.picture(result)[1]
    assert (more > plain).all()
