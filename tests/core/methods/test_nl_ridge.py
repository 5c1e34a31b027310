"""The preset instant: a denoised image without a network, and where it cannot be had."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from napari_deep_prior import Denoise, Fit, Inpaint, Record, Settings, StopReason, replay, restore
from napari_deep_prior.core.imaging.nl_ridge import nl_ridge_with_deviation
from napari_deep_prior.core.noise.estimate import measure

INSTANT = Settings(preset="instant", device="cpu")
Y, X = np.mgrid[:64, :80]
TRUTH = 100 + 40 * np.sin(X / 5) * np.cos(Y / 9) + 20 * ((X // 16 + Y // 16) % 2)
NOISY = (TRUTH + np.random.default_rng(0).normal(0, 15, TRUTH.shape)).astype(np.float32)


def error(image: np.ndarray, truth: np.ndarray = TRUTH) -> float:
    return float(np.sqrt(np.mean((image - truth) ** 2)))


def test_it_takes_one_step_and_repeats_from_its_record() -> None:
    result = restore(NOISY, settings=INSTANT)
    (plane,) = result.record.planes
    assert (plane.method, plane.iterations, plane.chosen) == ("nl-ridge", 1, 1)
    assert result.reason is StopReason.COMPUTED
    assert error(result.image) < 6
    assert not result.invented.any()
    again = replay(NOISY, Record.from_json(result.record.to_json()))
    np.testing.assert_array_equal(again.image, result.image)
    np.testing.assert_array_equal(again.uncertainty, result.uncertainty)


def test_its_uncertainty_is_about_as_large_as_its_error() -> None:
    result = restore(NOISY, settings=INSTANT)
    assert 0.6 < float(np.sqrt(np.mean(result.uncertainty**2))) / error(result.image) < 1.5


def test_units_do_not_matter() -> None:
    np.testing.assert_allclose(
        restore(1000 * NOISY - 7, settings=INSTANT).image, 1000 * restore(NOISY, settings=INSTANT).image - 7, atol=300
    )


def test_the_method_can_be_asked_for_with_another_preset() -> None:
    result = restore(NOISY, settings=Settings(method="nl-ridge", device="cpu"))
    np.testing.assert_array_equal(result.image, restore(NOISY, settings=INSTANT).image)


def test_planes_of_a_stack_are_computed_one_by_one() -> None:
    stack = np.stack([NOISY, NOISY[::-1] / 2])
    result = restore(stack, axes="ZYX", settings=INSTANT)
    assert [plane.reason for plane in result.record.planes] == ["COMPUTED", "COMPUTED"]
    assert error(result.image[0]) < 6
    assert error(result.image[1], TRUTH[::-1] / 2) < 3


def test_channels_that_show_other_things_are_restored_by_themselves() -> None:
    dim = (30 + Y / 8 + np.random.default_rng(1).normal(0, 15, TRUTH.shape)).astype(np.float32)
    result = restore(np.stack([NOISY, dim]), axes="CYX", settings=INSTANT)
    line = measure(np.stack([NOISY, dim]), np.ones(NOISY.shape, bool))
    assert error(result.image[0]) < 6
    assert error(result.image[1], 30 + Y / 8) < 3
    assert line.patches > 0


def test_colours_are_restored_together() -> None:
    colour = np.clip(np.stack([NOISY, 0.8 * NOISY, NOISY + 9], -1), 0, 255).astype(np.uint8)
    result = restore(colour, axes="YXS", settings=INSTANT)
    assert error(result.image[..., 1], 0.8 * TRUTH) < 8


def test_what_is_not_noisy_comes_back_as_it_was() -> None:
    labels = np.zeros(NOISY.shape, np.uint8)
    labels[:, 30:] = 1
    image = np.where(labels, NOISY, TRUTH).astype(np.float32)
    result = restore(image, Denoise(noisy_region=labels), settings=INSTANT)
    np.testing.assert_array_equal(result.image[:, :30], image[:, :30])
    assert (result.uncertainty[:, :30] == 0).all()
    assert error(result.image[:, 30:], TRUTH[:, 30:]) < 7


def test_correlated_noise_is_taken_as_such() -> None:
    white = np.random.default_rng(2).normal(0, 20, (66, 82))
    shared = sum(white[dy : dy + 64, dx : dx + 80] for dy in range(3) for dx in range(3)) / 3
    soft = 100 + 40 * np.sin(X / 30) * np.cos(Y / 25)
    fit = Fit((soft + shared).astype(np.float32), settings=INSTANT)
    assert [snapshot.shown for snapshot in fit] == [1]
    assert error(fit.result.image, soft) < 0.6 * float(np.std(shared))


def test_the_deviation_falls_where_more_patches_are_alike() -> None:
    import torch

    flat = np.where(X < 40, 50, TRUTH) + np.random.default_rng(3).normal(0, 10, TRUTH.shape)
    _, deviation = nl_ridge_with_deviation(torch.from_numpy(flat)[None, None], 0.0, 100.0)
    assert float(deviation[..., 8:30].mean()) < 0.7 * float(deviation[..., 50:].mean())


@pytest.mark.parametrize(
    ("task", "how", "words"),
    [
        (Inpaint(mask=np.eye(64, 80, dtype=np.uint8)), {}, "only denoises"),
        (Denoise(), {"method": "blind-spot"}, "fits no network"),
        (Denoise(), {"volume": True}, "switch volume off"),
        (Denoise(), {"preset": "fast", "method": "nl-ridge", "volume": True}, "switch volume off"),
        (Denoise(guide=TRUTH), {}, "only a network can use"),
    ],
)
def test_what_needs_a_network_is_refused_before_anything_is_measured(task, how: dict, words: str) -> None:
    image = np.stack([NOISY, NOISY]) if "volume" in how else NOISY
    with pytest.raises(ValueError, match=words):
        Fit(image, task, dataclasses.replace(INSTANT, **how), axes="ZYX" if "volume" in how else None)


@pytest.mark.parametrize(
    ("image", "task", "words"),
    [(NOISY, Denoise(noise="outliers"), "far off"), (NOISY[:12, :12], Denoise(), "large enough to measure")],
)
def test_noise_it_has_no_answer_to_is_refused_in_words(image: np.ndarray, task: Denoise, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        restore(image, task, settings=INSTANT)


@pytest.mark.parametrize("photons", [0.01, 0.1, 2.0])
def test_few_photons_keep_their_light_and_lose_their_noise(photons: float) -> None:
    image = np.random.default_rng(0).poisson(photons, (96, 120)).astype(np.uint8)
    result = restore(image, settings=INSTANT).image
    assert result.mean() == pytest.approx(image.mean(), rel=1e-3)
    assert result.min() >= 0
    assert result.std() < 0.1 * image.std()


def test_bright_cells_on_dark_ground_are_not_looked_at_in_blocks() -> None:
    y, x = np.mgrid[:144, :144]
    truth = 0.1 + 20 * np.exp(-((x % 48 - 24) ** 2 + (y % 48 - 24) ** 2) / 12)
    image = np.random.default_rng(0).poisson(truth).astype(np.uint8)
    result = restore(image, settings=INSTANT)
    assert result.record.planes[0].noise.skewness > 1  # most pixels hold hardly a photon
    assert np.mean((result.image - truth) ** 2) < 0.3 * np.mean((image - truth) ** 2)


@pytest.mark.parametrize("settings", [INSTANT, Settings(preset="fast", iterations=3, seconds="never", device="cpu")])
def test_pixels_far_off_spoil_nothing_else(settings: Settings) -> None:
    image = NOISY.astype(np.float64)
    image[[3, 11, 17], [5, 20, 9]] = 1e30
    result = restore(image, settings=settings)
    assert np.isfinite(result.image).all()
    assert np.isfinite(result.uncertainty).all()
