"""A measured PSF is centred by its light and cropped to the image; what would spoil the result is told."""

from __future__ import annotations

import numpy as np
import pytest

from napari_deep_prior.core.physics.measured_psf import prepare_psf

IMAGE = (96, 90)


def spot(shape: tuple[int, ...], centre: tuple[float, ...], sigma: float = 2.0) -> np.ndarray:
    squared = sum((axis - at) ** 2 for axis, at in zip(np.indices(shape), centre, strict=True))
    return np.exp(-squared / (2 * sigma**2))


@pytest.mark.parametrize("side", [12, 16, 17])
@pytest.mark.parametrize("sigma", [1.0, 1.5])
def test_light_between_two_pixels_is_moved_onto_the_middle_one(side: int, sigma: float) -> None:
    middle, on_axis = (side - 1) / 2, side // 2
    found = prepare_psf(spot((side, side + 1), (middle, (side + 1) // 2), sigma), IMAGE)
    wanted = spot((side, side + 1), (on_axis, (side + 1) // 2), sigma)
    np.testing.assert_allclose(found.values, wanted, atol=0.005)
    assert (found.values >= 0).all()
    assert any("between pixels" in note for note in found.notes) == (side % 2 == 0)


@pytest.mark.parametrize(
    "psf", [spot((15, 15), (7, 7)), spot((16, 16), (8, 8)), np.ones((4, 4)), np.eye(9), np.ones((1, 1))]
)
def test_what_is_right_is_left_alone(psf: np.ndarray) -> None:
    found = prepare_psf(psf, IMAGE)
    assert np.array_equal(found.values, psf)
    assert found.notes == ()


def test_light_away_from_the_middle_is_told() -> None:
    (note,) = prepare_psf(spot((21, 21), (13, 8)), IMAGE).notes
    assert "lies (+3.0, -2.0) pixels off its middle pixel: the result is displaced by (-3.0, +2.0) pixels" in note


def test_a_camera_offset_is_told_and_moves_no_centre() -> None:
    noise = np.random.default_rng(0).normal(0, 3, (31, 31))
    (note,) = prepare_psf((spot((31, 31), (15, 15)) * 3000 + 100 + noise).astype(np.uint16), IMAGE).notes
    assert "rim of the PSF is not dark: a floor as high as it would be 56% of all light" in note


@pytest.mark.parametrize(
    ("psf_shape", "cropped"), [((129, 129), (95, 89)), ((128, 15), (95, 15)), ((97, 97), (95, 89))]
)
def test_a_dark_surrounding_larger_than_the_image_is_cropped(
    psf_shape: tuple[int, int], cropped: tuple[int, int]
) -> None:
    rows, columns = psf_shape
    found = prepare_psf(spot(psf_shape, (rows // 2, columns // 2)), IMAGE)
    np.testing.assert_allclose(found.values, spot(cropped, tuple(n // 2 for n in cropped)), atol=1e-12)
    assert any(f"cropped from {psf_shape} to {cropped}" in note for note in found.notes)


def test_light_beyond_the_image_is_not_cropped() -> None:
    psf = spot((25, 9, 9), (12, 4, 4), 6.0)
    assert prepare_psf(psf, (10, 64, 64)).values.shape == psf.shape
