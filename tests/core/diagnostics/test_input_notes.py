"""What is told before a run: labels that look like an image, pixels far off, settings without effect."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from napari_deep_prior import Deconvolve, Denoise, Inpaint, Settings
from napari_deep_prior.core.data.axes import Axes
from napari_deep_prior.core.diagnostics.input_notes import on_image, on_settings, warn_of_input

RNG = np.random.default_rng(0)


def like(array, task=None, axes="YX"):
    return " ".join(on_image(array, Axes(axes), task or Denoise()))


def test_labels_are_noticed_and_measured_images_are_not():
    y, x = np.mgrid[:64, :80]
    labels = ((y // 20) * 4 + x // 20).astype(np.uint16)
    assert "looks like labels" in like(labels)
    assert "looks like labels" in like((labels % 2).astype(np.uint8))
    few = RNG.poisson(0.02, (64, 80)).astype(np.uint16)  # nearly all of them 0
    measured = [few, RNG.poisson(50 + x).astype(np.uint16), RNG.normal(0, 1, (64, 80)), np.zeros((64, 80), np.uint8)]
    assert not any(like(array) for array in measured)


def salted(shape=(96, 80), share=0.02):
    """A measured image, with single pixels at the ends of its range, and which these are."""
    rng = np.random.default_rng(4)
    image = np.clip(rng.normal(110 + 40 * np.sin(np.arange(shape[-1]) / 9), 5, shape), 0, 255)
    chance = rng.uniform(size=shape)
    spoilt = np.where(chance < share / 2, 0, np.where(chance < share, 255, image)).astype(np.uint8)
    return spoilt, chance < share


@pytest.mark.parametrize("share", [0.002, 0.02, 0.04, 0.1, 0.3])
def test_pixels_that_are_far_off_are_told_and_counted(share):
    image, spoilt = salted(share=share)
    told = like(image)
    assert "differ strongly from their surroundings" in told
    assert 0.6 * spoilt.sum() < int(told.split()[0]) <= spoilt.sum()


def test_pixels_that_are_far_off_are_no_news_to_who_has_said_so():
    image, spoilt = salted()
    assert not like(image, Denoise(noise="outliers"))
    assert not like(image, Denoise(mask=spoilt.astype(np.uint8)))
    assert not like(image, Inpaint(mask=spoilt.astype(np.uint8)))
    stack = np.stack([image, image])
    assert not like(stack, Denoise(mask=np.stack([spoilt, spoilt]).astype(np.uint8)), "TYX")
    assert "differ strongly" in like(stack, axes="TYX")


@pytest.mark.parametrize("photons", [0.05, 1, 20, 1000])
def test_photons_are_not_far_off(photons):
    scene = photons * (1 + np.sin(np.arange(200) / 15) ** 2)
    assert not like(np.random.default_rng(1).poisson(scene, (150, 200)).astype(np.uint16))


def test_of_a_large_image_the_middle_is_searched():
    image, _ = salted((64, 2200), share=0.01)
    half = image.copy()
    half[:, :500] = half[:, -500:] = np.random.default_rng(0).normal(110, 5, (64, 500)).astype(np.uint8)
    assert like(image) == like(half)
    assert "differ strongly" in like(half)


@pytest.mark.parametrize(
    ("axes", "shape", "asked", "said"),
    [
        ("YX", (8, 9), {"adapt": 3}, "adapt is not used"),
        ("TYX", (4, 8, 9), {"adapt": 3}, ""),
        ("TYX", (4, 8, 9), {"adapt": 3, "network": "each"}, "adapt is not used"),
        ("YX", (8, 9), {"adapt": 3, "network": "scope.safetensors"}, ""),
        ("YX", (8, 9), {"each_channel": True}, "each channel is not used: the image has no axis C, but YX."),
        ("CYX", (2, 8, 9), {"each_channel": True}, ""),
        (
            "TYX",
            (4, 8, 9),
            {"context_axis": "Z"},
            "context axis is not used: needs one network for planes that lie along Z",
        ),
        ("TZYX", (2, 4, 8, 9), {"context_axis": "Z"}, ""),
        ("TZYX", (2, 4, 8, 9), {"context_axis": "Z", "volume": True}, "context axis is not used"),
    ],
)
def test_what_is_asked_for_and_has_no_effect_is_told(axes, shape, asked, said):
    settings = Settings(**asked)
    told = " ".join(on_settings(settings, settings.cut(Axes(axes)), shape))
    assert told.startswith(said)
    assert bool(told) == bool(said)


def test_each_is_a_warning_to_who_called_the_caller():
    def caller(image, axes, task, settings=None):
        warn_of_input(image, Axes(axes), task, settings or Settings())

    image, _ = salted()
    stack = np.stack([image, image])
    with pytest.warns(UserWarning, match="differ strongly") as told:
        caller(stack, "TYX", Denoise(), Settings(each_channel=True))
    assert [str(warning.message).partition(":")[0] for warning in told][1:] == ["each channel is not used"]
    assert {warning.filename for warning in told} == {__file__}
    psf = np.zeros((9, 9))
    psf[6, 4] = 1
    with pytest.warns(UserWarning, match="PSF"):
        caller(RNG.normal(100, 3, (32, 32)), "YX", Deconvolve(psf=psf))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        caller(RNG.normal(100, 3, (32, 32)), "YX", Denoise())
