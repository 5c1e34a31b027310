"""Deconvolution: bad PSFs are refused before the start, light comes from beyond the edges, blurs are undone."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
import torch

from napari_deep_prior.core.optimisation import losses
from napari_deep_prior.core.physics.forward_model import ForwardModel
from napari_deep_prior.core.run.fit import Fit
from napari_deep_prior.core.run.reproduce import replay
from napari_deep_prior.core.run.restore import restore
from napari_deep_prior.core.settings import Settings
from napari_deep_prior.core.tasks.deconvolve import Deconvolve

POINT = np.pad(np.ones((1, 1)), 2)


@pytest.mark.parametrize(
    ("task", "words"),
    [
        ({}, "There is no PSF: give one as psf, or say where"),
        ({"psf": np.ones((3, 3, 3))}, r"shape \(3, 3, 3\): needs one plane"),
        ({"psf": np.ones((3, 60))}, r"\(3, 60\) pixels, more than \(39, 47\) for this image"),
        ({"psf": np.full((3, 3), np.nan)}, "NaN or infinite"),
        ({"psf": np.zeros((3, 3))}, "a sum of 0"),
        ({"psf": POINT - 0.1}, "least value of -0.1"),
        ({"blur": "unknown", "psf_size": 31}, r"\(31, 31\) pixels, more than"),
    ],
)
def test_a_bad_psf_is_refused_before_the_start(task: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Fit(np.random.default_rng(0).uniform(size=(20, 24)), Deconvolve(**task))


def model_of(task: Deconvolve, observed: torch.Tensor) -> ForwardModel:
    return task.forward_model(observed, task.masks(observed[0].numpy()))


def blurred_by(task: Deconvolve, sharp: np.ndarray) -> np.ndarray:
    """What is observed of an image that goes on beyond its edges as it ends there."""
    tensor = torch.from_numpy(sharp)[None, None]
    model = model_of(task, tensor)
    blurred: np.ndarray = model(model.upsample(tensor))[0, 0].numpy()
    return blurred


@pytest.mark.parametrize("blur", ["given", "optics", "unknown"])
def test_a_flat_field_stays_flat_to_its_edges(blur: str) -> None:
    task = Deconvolve(blur=blur, psf=np.random.default_rng(0).uniform(0, 9, (5, 4)), psf_size=6)
    field = torch.full((1, 2, 9, 12), 0.3, dtype=torch.float64)
    model = model_of(task, field)
    torch.testing.assert_close(model(model.upsample(field)), field, atol=1e-5, rtol=0)


def test_the_optics_say_how_wide_a_focus_is() -> None:
    kernel = Deconvolve(blur="optics", numerical_aperture=1.4, wavelength=500, pixel_size=50).kernel()
    distance = torch.arange(len(kernel)) - len(kernel) // 2
    assert float((kernel.sum(0) * distance**2).sum()) ** 0.5 == pytest.approx(0.21 * 500 / 1.4 / 50, rel=0.01)


def test_a_psf_between_pixels_displaces_nothing() -> None:
    """A point blurred by what the camera saw between two pixels comes back where it is."""
    y, x = np.mgrid[:16, :16] - 7.5
    task = Deconvolve(psf=np.exp(-(y**2 + x**2) / 8))
    point = np.zeros((64, 64), np.float32)
    point[30, 28] = 1
    blurred = blurred_by(task, point)
    light = blurred / blurred.sum()
    at = [float((light * axis).sum()) for axis in np.indices(light.shape)]
    assert at == pytest.approx([30, 28], abs=0.02)


def test_an_unknown_kernel_is_fitted_and_stays_light_of_sum_one() -> None:
    task = Deconvolve(blur="unknown", psf_size=5)
    instrument = model_of(task, torch.zeros(1, 1, 16, 16))
    sharp = torch.rand(1, 1, 20, 20, generator=torch.Generator().manual_seed(0))
    shifted = sharp[..., 3:19, 2:18]  # the sharp image, seen one pixel to the lower side
    adam = torch.optim.Adam(instrument.parameters(), lr=0.5)
    for _ in range(40):
        adam.zero_grad()
        (instrument(sharp) - shifted).square().mean().backward()
        adam.step()
    assert (instrument(sharp) - shifted).abs().mean() < 0.05


def test_poisson_misfit_weighs_dark_pixels_more() -> None:
    one = torch.ones(1, 1, 1, 1)
    assert losses.poisson(0.15 * one, 0.1 * one, one) > 3 * losses.poisson(0.85 * one, 0.8 * one, one) > 0


def test_it_undoes_a_blur_as_no_denoiser_does() -> None:
    draw, (y, x) = np.random.default_rng(0), np.mgrid[:32, :32]
    sharp = 20.0 + 180.0 * (((y > 8) & (y < 22) & (x > 5) & (x < 14)) | ((x - 22) ** 2 + (y - 16) ** 2 < 36))
    task = Deconvolve(blur="optics", numerical_aperture=0.7, wavelength=500, pixel_size=100)
    blurred = draw.poisson(blurred_by(task, sharp))
    settings = Settings(preset="fast", iterations=150, seconds="never", device="cpu", precision="float32")
    result = restore(blurred, task, settings=settings)
    assert result.image.shape == sharp.shape
    assert result.image.min() >= 0
    assert np.square(result.image - sharp).mean() < 0.7 * np.square(blurred - sharp).mean()


def blurred_boxes() -> tuple[np.ndarray, np.ndarray, Deconvolve]:
    """Sharp and blurred, in grey values, and what leads back."""
    y, x = np.mgrid[:48, :48]
    sharp = 20.0 + 180.0 * (((y > 12) & (y < 34) & (x > 8) & (x < 20)) | ((x - 32) ** 2 + (y - 24) ** 2 < 60))
    task = Deconvolve(psf=np.outer([1.0, 2, 3, 2, 1], [1.0, 2, 3, 2, 1]))
    blurred = blurred_by(task, sharp)
    return sharp, blurred + np.random.default_rng(0).normal(0, 1, sharp.shape), task


def test_the_result_is_never_worse_than_the_start_by_the_held_out_pixels() -> None:
    sharp, blurred, task = blurred_boxes()
    settings = Settings(
        preset="fast", iterations=20, seconds="never", device="cpu", learning_rate=1.0, method="deep-image-prior"
    )
    result = restore(blurred, task, settings=settings)
    (plane,) = result.record.planes
    assert plane.chosen == 0
    assert any("the start is the result" in note for note in plane.notes)
    assert np.square(result.image - sharp).mean() < 0.3 * np.square(blurred - sharp).mean()
    again = replay(blurred, result.record, **task.companions())
    np.testing.assert_array_equal(again.image, result.image)


def test_missing_pixels_do_not_count_and_are_filled_in() -> None:
    sharp, blurred, task = blurred_boxes()
    mask = (np.random.default_rng(1).random(sharp.shape) < 0.1).astype(np.uint8)
    mask[20:24, 10:16] = 1
    spoilt = np.where(mask, 5000.0, blurred)
    settings = Settings(preset="fast", iterations=10, seconds="never", device="cpu", precision="float32")
    one, other = (
        restore(image, dataclasses.replace(task, mask=mask), settings=settings)
        for image in (spoilt, blurred * (mask == 0))
    )
    np.testing.assert_array_equal(one.image, other.image)
    assert np.square(one.image - sharp).mean() < 0.4 * np.square(blurred - sharp).mean()
    assert one.invented[mask != 0].all()


def test_frequencies_are_kept_out_only_where_every_pixel_is_known() -> None:
    image = np.random.default_rng(0).uniform(size=(20, 24))
    task, settings = (
        Deconvolve(psf=POINT),
        Settings(method="deep-image-prior", stopping="held-out-frequencies", iterations=1),
    )
    told = [" ".join(restore(image, one, settings=settings).record.planes[0].notes) for one in
            (task, dataclasses.replace(task, mask=image > 0.9))]  # fmt: skip
    assert ["Fourier" in notes for notes in told] == [True, False]


def test_a_mask_that_does_not_fit_or_leaves_nothing_is_refused() -> None:
    _, blurred, task = blurred_boxes()
    with pytest.raises(ValueError, match=r"^mask has shape \(7, 7\)"):
        Fit(blurred, dataclasses.replace(task, mask=np.ones((7, 7))))
    with pytest.raises(ValueError, match="covers the whole image"):
        Fit(blurred, dataclasses.replace(task, mask=np.ones(blurred.shape, int)))


@pytest.mark.parametrize("method", ["plug-and-play", "deep-image-prior"])
def test_nothing_falls_below_the_background_though_noise_does(method: Any) -> None:
    psf = np.outer(*[np.exp(-(np.arange(-3.0, 4) ** 2) / 4)] * 2)
    image = np.random.default_rng(0).normal(1000, 3, (40, 40))
    image[15:25, 15:25] += 60
    settings = Settings(preset="fast", method=method, iterations=4, seconds="never", device="cpu")
    assert restore(image, Deconvolve(psf=psf, background=1000.0), settings=settings).image.min() >= 1000
    with pytest.raises(ValueError, match="nothing is left above the background"):
        restore(image, Deconvolve(psf=psf, background=5000.0), settings=settings)


def test_a_blank_border_counts_no_more_than_missing_pixels_and_comes_back() -> None:
    psf = np.outer(*[np.exp(-(np.arange(-3.0, 4) ** 2) / 4)] * 2)
    image = np.random.default_rng(0).normal(1000, 30, (40, 40)).astype(np.float32)
    image[:, :6] = 0
    settings = Settings(preset="fast", iterations=4, seconds="never", device="cpu")
    result = restore(image, Deconvolve(psf=psf), settings=settings)
    assert not result.image[:, :6].any()
    assert result.image[:, 6:].min() > 800, "the border draws at the picture"
    image[20, 20] = np.nan
    assert restore(image, Deconvolve(psf=psf), settings=settings).invented[20, 20]


@pytest.mark.parametrize("noise", ["gaussian", "poisson"])
@pytest.mark.parametrize("method", ["plug-and-play", "deep-image-prior"])
def test_few_photons_keep_their_light(noise: Any, method: Any) -> None:
    """Weights by the noisy brightness are least where photons came by chance; the lower bound takes nothing but what is too dark."""
    y, x = np.mgrid[:48, :56]
    spots = sum(np.exp(-((y - a) ** 2 + (x - b) ** 2) / 18) for a, b in ((12, 14), (20, 40), (36, 26)))
    psf = np.exp(-(np.arange(-4, 5)[:, None] ** 2 + np.arange(-4, 5) ** 2) / 4.5)
    blurred = blurred_by(Deconvolve(psf=psf), 0.15 + 3 * spots)
    photons = np.random.default_rng(0).poisson(blurred).astype(np.uint16)
    settings = Settings(preset="fast", method=method, iterations=6, seconds="never", stopping="never", device="cpu")
    result = restore(photons, Deconvolve(psf=psf, noise=noise), settings=settings).image
    assert result.mean() == pytest.approx(photons.mean(), rel=0.01)
    assert result.min() >= 0


def test_light_from_beyond_the_edges_is_not_put_inside() -> None:
    """A dark image into which a bright object shines from beside it: what is dark stays so, though it does not shine so itself."""
    psf = np.exp(-(np.arange(-6, 7)[:, None] ** 2 + np.arange(-6, 7) ** 2) / 18)
    scene = np.full((60, 72), 20.0)
    scene[:, :7] = 2000
    wide = torch.from_numpy(scene)[None, None]
    model = model_of(Deconvolve(psf=psf), wide[..., 6:-6, 6:-6])
    noise = np.random.default_rng(0).normal(0, 2, (48, 60))
    observed = (model(wide)[0, 0].numpy() + noise).astype(np.float32)
    settings = Settings(preset="fast", iterations=6, seconds="never", stopping="never", device="cpu")
    result = restore(observed, Deconvolve(psf=psf), settings=settings).image
    assert result[:, 20:].mean() == pytest.approx(20, abs=1)
