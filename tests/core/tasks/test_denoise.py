"""Denoising where only a part of the image is noisy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from napari_deep_prior.core.data.axes import Axes
from napari_deep_prior.core.data.masks import Masks
from napari_deep_prior.core.diagnostics.trust import examine
from napari_deep_prior.core.methods import Evidence
from napari_deep_prior.core.noise.estimate import NoiseEstimate, measure
from napari_deep_prior.core.run.fit import Fit
from napari_deep_prior.core.run.plan import plan_from
from napari_deep_prior.core.run.reproduce import replay
from napari_deep_prior.core.run.restore import restore
from napari_deep_prior.core.settings import Settings
from napari_deep_prior.core.tasks.denoise import Denoise

SIGMA = 20.0
METHODS: list[Any] = ["deep-image-prior", "blind-spot", "recorrupted"]


def half_noisy(channels: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Clean and observed image (c, y, x), and labels that are 0 in the clean left half."""
    y, x = np.mgrid[:64, :80]
    clean = np.stack([100 + 50 * np.sin(x / (9 + c)) * np.cos(y / 7) for c in range(channels)])
    labels = np.zeros((64, 80), np.uint8)
    labels[:, 40:] = 3
    noise = np.random.default_rng(0).normal(0, SIGMA, clean.shape)
    return clean, clean + noise * (labels > 0), labels


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("channels", [1, 2])
def test_the_clean_part_comes_back_bit_for_bit_and_the_noisy_part_is_fitted(method: Any, channels: int) -> None:
    _, observed, labels = half_noisy(channels)
    settings = Settings(iterations=12, seconds="never", method=method, device="cpu")
    result = restore(observed, Denoise(noisy_region=labels), axes="CYX", settings=settings)
    same = result.image == observed.astype(np.float32)
    assert same[:, labels == 0].all()
    assert not same[:, labels > 0].all(1).any()
    assert not result.uncertainty[:, labels == 0].any()
    assert not result.invented[:, labels == 0].any(), "a clean pixel was kept out of the fit"
    again = replay(observed, result.record, noisy_region=labels)
    np.testing.assert_array_equal(again.image, result.image)


def test_the_noise_is_measured_in_the_noisy_part_alone() -> None:
    clean, observed, labels = half_noisy()
    fit = Fit(observed[0], Denoise(noisy_region=labels), settings=Settings(iterations=1, seconds="never", device="cpu"))
    for _ in fit:
        pass
    trust = examine(observed[0], fit.result, fit.task, fit.axes)
    for found in (fit.result.record.planes[0].noise, trust.noise):
        assert found is not None
        assert found.sigma == pytest.approx(SIGMA, rel=0.2)
    assert measure(clean, np.ones(labels.shape, bool)).sigma < SIGMA / 2


def test_labels_without_a_zero_change_nothing() -> None:
    clean, _, labels = half_noisy()
    observed = clean + np.random.default_rng(1).normal(0, SIGMA, clean.shape)
    settings = Settings(iterations=5, seconds="never", device="cpu")
    plain = restore(observed[0], settings=settings)
    marked = restore(observed[0], Denoise(noisy_region=np.ones_like(labels)), settings=settings)
    np.testing.assert_array_equal(plain.image, marked.image)


def test_where_nothing_is_noisy_is_said_before_anything_starts() -> None:
    _, observed, labels = half_noisy()
    with pytest.raises(ValueError, match="labels mark no pixel"):
        Fit(observed[0], Denoise(noisy_region=0 * labels))
    with pytest.raises(ValueError, match=r"noisy_region has shape \(64, 79\), but the image is \(64, 80\)"):
        Fit(observed[0], Denoise(noisy_region=labels[:, 1:]))


def test_the_mean_of_few_photons_comes_back() -> None:
    photons = np.random.default_rng(0).poisson(4, (48, 48))
    task = Denoise(noise="poisson-gaussian", gain=1.0)
    settings = Settings(iterations=60, seconds="never", method="blind-spot", device="cpu")
    result = restore(photons, task, settings=settings)
    assert abs(result.image.mean() - photons.mean()) < photons.std() / 48
    assert result.image.std() < photons.std() / 2


def test_salt_and_pepper_is_not_taken_for_the_picture() -> None:
    draw = np.random.default_rng(0)
    y, x = np.mgrid[:64, :64]
    clean = 100 + 50 * np.sin(x / 9) * np.cos(y / 7)
    spoilt = draw.random(clean.shape) < 0.08
    image = np.where(spoilt, draw.choice([0.0, 255.0], clean.shape), clean + draw.normal(0, 2, clean.shape))
    settings = Settings(iterations=60, seconds="never", method="blind-spot", device="cpu")
    error = {}
    for noise in ("auto", "outliers"):
        result = restore(image, Denoise(noise=noise), settings=settings)
        error[noise] = np.abs(result.image - clean)[~spoilt].mean()
    assert error["outliers"] < 0.85 * error["auto"]


def test_outliers_are_hidden_from_the_network_unless_the_user_says_otherwise() -> None:
    plane = half_noisy()[0]
    found = Denoise(noise="outliers").adjust_noise(
        measure(plane, np.ones(plane.shape[1:], bool)), plane, Masks.of(plane)
    )
    assert plan_from(Denoise(), Settings(), Evidence(noise=found)).method.name == "blind-spot"
    assert (
        plan_from(Denoise(), Settings(method="deep-image-prior"), Evidence(noise=found)).method.name
        == "deep-image-prior"
    )


@pytest.mark.parametrize(("side", "steps"), [(64, 550), (256, 1100), (512, 3000), (2048, 3000)])
def test_the_wide_network_comes_back_to_the_pixels_of_a_small_image_no_more_often_than_it_gains(side: int, steps: int):
    plain = NoiseEstimate(sigma=1.0, patches=1, correlation=(1.0, 0.0), pixels=side**2)

    def iterations(**settings) -> int:
        given = Settings(**settings)
        plan = plan_from(Denoise(), given, Evidence(noise=plain, preset=given.preset))
        assert plan.method.name == "recorrupted"
        return plan.config.iterations

    assert (iterations(preset="best"), iterations(preset="balanced")) == (steps, 600)
    assert iterations(preset="best", iterations=7) == 7


def test_the_noise_says_how_many_pixels_there_are():
    image = np.random.default_rng(0).normal(100, 5, (3, 40, 48))
    assert measure(image, np.ones((40, 48), bool)).pixels == 40 * 48


def test_what_the_user_knows_of_the_camera_replaces_what_was_measured() -> None:
    plane = np.random.default_rng(0).poisson(50, (1, 64, 64)) * 2.0 + 100
    measured = measure(plane, np.ones((64, 64), bool))
    assert Denoise().adjust_noise(measured, plane, Masks.of(plane)) == measured
    known = Denoise(gain=2.0, offset=100.0, read_noise=3.0).adjust_noise(measured, plane, Masks.of(plane))
    assert known.variance_at(np.array([200.0]))[0] == pytest.approx(2 * 100 + 9)
    assert known.sigma == pytest.approx(plane.std(), rel=0.1)
    alike = (
        Denoise(noise="gaussian").adjust_noise(measured, plane, Masks.of(plane)).variance_at(np.array([100.0, 300.0]))
    )
    assert alike[0] == alike[1] == pytest.approx(measured.sigma**2)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"offset": 100.0}, "Give the gain too"),
        ({"read_noise": 2.0}, "Give the gain too"),
        ({"noise": "gaussian", "gain": 2.0}, "has no gain"),
    ],
)
def test_what_does_not_go_together_is_refused(given: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Fit(half_noisy()[1][0], Denoise(**given))


@pytest.mark.parametrize("filling", [0.0, np.nan])
@pytest.mark.parametrize("method", METHODS)
def test_a_blank_border_comes_back_as_it_was_and_has_no_say(filling: float, method: Any) -> None:
    clean, _, _ = half_noisy()
    image = 1000 + clean[0] + np.random.default_rng(3).normal(0, SIGMA, clean[0].shape)
    border = np.zeros(image.shape, bool)
    border[:, :9] = border[-5:] = True
    settings = Settings(iterations=12, seconds="never", method=method, device="cpu")
    image = np.where(border, filling, image).astype(np.float32)
    fit = Fit(image, settings=settings)
    for _ in fit:
        pass
    result = fit.result
    np.testing.assert_array_equal(result.image[border], image[border])
    assert not result.uncertainty[border].any()
    assert not result.invented[border].any()
    assert 900 < result.image[~border].min() < result.image[~border].max() < 1200, "the border draws at the picture"
    assert fit.result.record.planes[0].noise.sigma == pytest.approx(SIGMA, rel=0.3)


@pytest.mark.parametrize("method", METHODS)
def test_pixels_that_are_nan_or_marked_are_filled_in_from_around_them(method: Any) -> None:
    clean, observed, _ = half_noisy()
    image = observed[0].copy()
    holes, marked = np.zeros((2, *image.shape), bool)
    holes[20:23, 30:34] = marked[40:42, 50:53] = True
    image[holes], image[marked] = np.nan, 1e6
    settings = Settings(iterations=60, seconds="never", method=method, device="cpu")
    result = restore(image, Denoise(mask=marked.astype(np.uint8)), settings=settings)
    where = holes | marked
    assert np.abs(result.image[where] - clean[0][where]).max() < 40
    assert result.invented[where].all()


@pytest.mark.parametrize("photons", [0.02, 0.1])
def test_single_photons_lose_no_light(photons: float) -> None:
    image = np.random.default_rng(0).poisson(photons, (64, 64)).astype(np.uint8)
    result = restore(image, settings=Settings(preset="fast", iterations=20, seconds="never", device="cpu"))
    assert result.image.mean() == pytest.approx(image.mean(), rel=1e-3)
    assert result.image.min() >= 0
    left, right = result.image[:, :32].sum(), image[:, :32].sum()
    assert left == pytest.approx(right, rel=0.3)


def test_outliers_go_with_their_light() -> None:
    assert Denoise(noise="outliers").flux_sigma(object()) is None
    assert Denoise().flux_sigma(None) is None


def left_noisy(channels: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Observed image (c, y, x), noisy in its left part alone, and where that is."""
    y, x = np.mgrid[:120, :128]
    clean = np.stack([100 + 50 * np.sin(x / (9 + c)) * np.cos(y / 7) for c in range(channels)])
    noisy = x < 60
    return clean + np.random.default_rng(0).normal(0, SIGMA, clean.shape) * noisy, noisy


@pytest.mark.parametrize("preset", ["instant", "fast"])
@pytest.mark.parametrize("channels", [1, 2])
def test_the_clean_part_comes_back_as_it_was_without_labels(preset: Any, channels: int) -> None:
    observed, noisy = left_noisy(channels)
    settings = Settings(preset=preset, iterations=12, seconds="never", device="cpu")
    result = restore(observed, Denoise(), axes="CYX", settings=settings)
    same = result.image == observed.astype(np.float32)
    assert same[:, ~noisy].mean() > 0.97
    assert same[:, noisy].mean() < 0.01
    np.testing.assert_array_equal(replay(observed, result.record).image, result.image)
    found = result.record.planes[0].noise
    assert found is not None
    assert found.levels[-1] == pytest.approx(SIGMA, rel=0.2)
    assert found.levels[0] < 0.1 * SIGMA
    trust = examine(observed, result, Denoise(), Axes("CYX"))
    assert any("differs over the image" in line for line in trust.numbers)


def test_who_knows_the_noise_better_gets_no_map() -> None:
    observed, noisy = left_noisy()
    everywhere = Masks.of(observed)
    assert Denoise().noise_masks(observed, everywhere).strength is not None
    for task in (Denoise(gain=1.0), Denoise(noise="outliers"), Denoise(noisy_region=noisy.astype(np.uint8))):
        assert task.noise_masks(observed, everywhere) is everywhere
