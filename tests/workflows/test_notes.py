"""What is told of images and results: labels that look like an image, numbers that were cut, sizes that the file knows."""

from __future__ import annotations

import numpy as np
import pytest

from napari_deep_prior import Deconvolve, Denoise, Inpaint, Settings
from napari_deep_prior.core.data.axes import Axes
from napari_deep_prior.files import Picture, PixelSize
from napari_deep_prior.workflows import notes

RNG = np.random.default_rng(0)


def like(array, task=None, axes="YX"):
    return " ".join(notes.on_input(Picture(array=array, axes=axes), task or Denoise()))


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


@pytest.mark.parametrize("share", [0.002, 0.02, 0.04])
def test_pixels_that_are_far_off_are_told_and_counted(share):
    image, spoilt = salted(share=share)
    told = like(image)
    assert "differ strongly from their surroundings" in told
    assert 0.2 * spoilt.sum() < int(told.split()[0]) <= spoilt.sum()


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
    ("size", "unit", "expected"), [(0.065, "µm", 65.0), (65, "nm", 65.0), (1.2, "Å", 0.12), (2.5e-4, "in", 6350.0)]
)
def test_sizes_of_pixels_come_from_the_file_in_the_unit_of_the_task(size, unit, expected):
    sizes = {"X": PixelSize(size=size, unit=unit), "Z": PixelSize(size=0.2, unit="µm")}
    picture = Picture(array=np.zeros((4, 5)), axes="YX", pixel_size=sizes)
    values, told = notes.from_file(Deconvolve, {"blur": "optics"}, picture)
    assert values == {"pixel_size": expected, "z_step": 200.0}
    assert f"pixel_size = {expected:g} nm, as the file says." in told
    assert notes.from_file(Deconvolve, {"blur": "optics", "pixel_size": 7.0}, picture)[0] == {"z_step": 200.0}
    assert notes.from_file(Deconvolve, {"blur": "unknown"}, picture) == ({}, ())
    assert notes.from_file(Denoise, {}, picture) == ({}, ())


def test_times_and_pixels_without_a_size_are_no_lengths():
    assert PixelSize(size=3.0, unit="s").in_unit("nm") is None
    picture = Picture(array=np.zeros((4, 5)), axes="YX")
    assert notes.from_file(Deconvolve, {"blur": "optics"}, picture) == ({}, ())


def test_numbers_that_are_cut_are_told():
    array = np.array([[-5.0, 3.0, 254.9, 300.0]])
    assert "50.0% of the pixels" in " ".join(notes.on_output(array, np.dtype("uint8")))
    assert not list(notes.on_output(array[:, 1:3], np.dtype("uint8")))
    assert not list(notes.on_output(array, np.dtype("float32")))


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
    told = " ".join(notes.on_settings(settings, settings.cut(Axes(axes)), shape))
    assert told.startswith(said)
    assert bool(told) == bool(said)
