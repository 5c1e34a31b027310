"""What stands below the frames of a film."""

from __future__ import annotations

import numpy as np
import pytest

from napari.layers import Image
from napari_deep_prior._napari.layers.captions import _UNITS, _font, captioned, pixel_width, scale_bar


@pytest.mark.parametrize(
    ("most", "metres", "words"),
    [
        (7.3e-6, 5e-6, "5 µm"),
        (20e-6, 20e-6, "20 µm"),
        (1.2e-6, 1e-6, "1 µm"),
        (0.9e-6, 500e-9, "500 nm"),
        (450e-6, 200e-6, "200 µm"),
        (3.4e-3, 2e-3, "2 mm"),
        (0.3e-9, 0.2e-9, "0.2 nm"),
    ],
)
def test_a_scale_bar_has_a_round_length_that_fits(most, metres, words):
    found, told = scale_bar(most)
    assert found == pytest.approx(metres)
    assert told == words


@pytest.mark.parametrize(
    ("place", "metres"),
    [
        ({"scale": (2, 0.5), "units": ("um", "um")}, 0.5e-6),
        ({"scale": (2, 0.5), "units": ("um", "um"), "rotate": 30}, 0.5e-6),
        ({"scale": (2, 0.5), "units": ("nm", "nm"), "affine": np.diag([1, 3, 1])}, 1.5e-9),
        ({"scale": (2, 0.5)}, None),
    ],
)
def test_a_pixel_is_as_wide_as_it_lies_in_the_world(place, metres):
    assert pixel_width(Image(np.zeros((4, 6)), **place)) == (None if metres is None else pytest.approx(metres))


def strip(frame, pixel):
    """Where it is white, as bright as it is."""
    return captioned(frame, "step 55", pixel)[len(frame) :].mean(axis=-1)


def test_the_picture_stays_and_the_bar_is_as_long_as_it_says():
    frame = np.random.default_rng(0).integers(0, 255, (120, 200, 3)).astype(np.uint8)
    made = captioned(frame, "step 55", 0.1e-6)
    assert (made[:120] == frame).all()
    bar = strip(frame, 0.1e-6) - strip(frame, None)
    lit = (bar == 255).any(axis=0)
    longest = max(len(run) for run in "".join("x" if there else " " for there in lit).split())
    assert longest == 50, "5 µm of 0.1 µm a pixel; 6 would be the most"
    assert (strip(frame, None)[:, :100] > 200).any(), "the step"


def test_a_small_picture_has_no_room_for_a_bar():
    frame = np.zeros((24, 32, 3), np.uint8)
    assert (strip(frame, 0.1e-6) == strip(frame, None)).all()


def test_every_letter_of_a_unit_can_be_drawn():
    missing = _font(20).getmask("\uffff")
    for letter in {letter for _, name in _UNITS for letter in name}:
        assert bytes(_font(20).getmask(letter)) != bytes(missing), letter
