"""Images are refused only where float32 cannot hold them, and then in words."""

from __future__ import annotations

import dataclasses

import dask.array as da
import numpy as np
import pytest

from napari_deep_prior import Fit, Inpaint, Settings, restore
from napari_deep_prior.core.run.validation import check_plane

QUICK = Settings(preset="fast", iterations=12, seconds="never", precision="float32")
KNOWN = np.ones((12, 15), np.bool_)


def picture() -> np.ndarray:
    y, x = np.mgrid[:24, :31]
    return 100 + 50 * np.sin(y / 4) * np.cos(x / 5) + np.random.default_rng(0).normal(0, 5, (24, 31))


@pytest.mark.parametrize("dtype", [np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint64])
def test_whole_numbers_may_span_all_of_their_type(dtype: type[np.integer]) -> None:
    limits = np.iinfo(dtype)
    plane = (
        np.linspace(limits.min, limits.max, 180).clip(limits.min, limits.max * 0.999).astype(dtype).reshape(1, 12, 15)
    )
    check_plane(plane, KNOWN)


def test_a_range_too_small_for_float32_is_refused_for_every_type() -> None:
    for dtype in (np.int64, np.uint64, np.float64):
        plane = (10**12 + np.arange(180)).astype(dtype).reshape(1, 12, 15)
        with pytest.raises(ValueError, match="Take a constant off"):
            check_plane(plane, KNOWN)


@pytest.mark.parametrize("scale", [1e39, 1e100, 1e300, -1e305])
def test_values_beyond_float32_are_refused(scale: float) -> None:
    with pytest.raises(ValueError, match=r"float32, which ends at 3\.4e38\. Divide the image"):
        Fit(picture() * scale)


def test_planes_that_are_only_handed_on_are_checked_as_well() -> None:
    with pytest.raises(ValueError, match=r"Plane 2 of 2: .* as large as 1e\+300"):
        Fit(np.stack([picture(), np.full((24, 31), 1e300)]), axes="TYX")


@pytest.mark.parametrize("scale", [1e-33, 1e-40, 1e-100, 1e-310])
def test_ranges_below_those_of_float32_are_refused(scale: float) -> None:
    with pytest.raises(ValueError, match="multiply the image by a large constant"):
        Fit(picture() * scale)


@pytest.mark.parametrize("scale", [1e-25, 1e-28, 1e20, 1e25, 1e35])
def test_large_and_small_numbers_are_restored_as_any_others(scale: float) -> None:
    wanted, scaled = restore(picture(), settings=QUICK), restore(picture() * scale, settings=QUICK)
    np.testing.assert_allclose(scaled.image / scale, wanted.image, atol=1e-3)
    np.testing.assert_allclose(scaled.uncertainty / scale, wanted.uncertainty, rtol=1e-3)


def test_values_under_the_mask_do_not_count() -> None:
    image, mask = picture(), np.zeros((24, 31), int)
    mask[3, 4:9] = 1
    image[mask > 0] = 1e300
    assert np.isfinite(restore(image, Inpaint(mask=mask), settings=QUICK).image).all()


def test_three_hot_pixels_spoil_nothing() -> None:
    image = picture()
    image[[3, 11, 17], [5, 20, 9]] = 1e30
    result = restore(image, settings=QUICK)
    assert np.isfinite(result.image).all()
    assert np.isfinite(result.uncertainty).all()


@pytest.mark.parametrize(
    ("labels", "words"),
    [([1, 2], "no pixel has the label 9; there are 1 and 2"), ([3], "there is 3"), (range(1, 9), "4 and 5 and others")],
)
def test_of_a_label_that_is_not_there_it_is_said_which_are(labels: list[int], words: str) -> None:
    mask = np.zeros((24, 31), np.uint8)
    for row, label in enumerate(labels):
        mask[row] = label
    with pytest.raises(ValueError, match=words):
        Fit(picture(), Inpaint(mask=mask, label=9))


def test_an_empty_mask_is_no_wrong_label() -> None:
    with pytest.raises(ValueError, match="the labels mark no pixel"):
        Fit(picture(), Inpaint(mask=np.zeros((24, 31), np.uint8), label=9))


def test_a_plane_without_a_number_is_called_that_also_where_it_is_read_later() -> None:
    film = np.stack([picture(), np.full((24, 31), np.nan), picture()])
    stack = da.from_array(film, chunks=(1, 24, 31))
    with pytest.raises(ValueError, match="Plane 2 of 3: The image holds 744 pixels that are NaN or infinite"):
        restore(stack, axes="TYX", settings=dataclasses.replace(QUICK, network="each"))
