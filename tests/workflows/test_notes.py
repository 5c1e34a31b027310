"""What is told of files and results: numbers that were cut, sizes that the file knows."""

from __future__ import annotations

import numpy as np
import pytest

from napari_deep_prior import Deconvolve, Denoise
from napari_deep_prior.files import Picture, PixelSize
from napari_deep_prior.workflows import notes


def test_what_the_file_says_comes_before_what_its_pixels_tell():
    labels = (np.indices((64, 80)).sum(0) // 20).astype(np.uint16)
    picture = Picture(array=labels, axes="YX", notes=("The file is a scan.",))
    first, second = notes.on_input(picture, Denoise())
    assert first == "The file is a scan."
    assert "looks like labels" in second


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
