"""What was missing of an image is counted, and it is said how it comes back."""

from __future__ import annotations

import dask.array
import numpy as np
import pytest

from napari_deep_prior import Denoise, Inpaint, Settings, restore
from napari_deep_prior.core.data.axes import Axes
from napari_deep_prior.core.diagnostics.missing import missing_words
from napari_deep_prior.core.tasks import AbstractTask

IMAGE = np.random.default_rng(0).normal(100, 5, (40, 50)).astype(np.float32)
QUICK = Settings(preset="fast", iterations=2, seconds="never")


def words(image: np.ndarray, task: AbstractTask, letters: str = "YX") -> str:
    return missing_words(image, restore(image, task, settings=QUICK, axes=letters), task, Axes(letters))


def with_nan(*places: object) -> np.ndarray:
    image = IMAGE.copy()
    for place in places:
        image[place] = np.nan
    return image


def test_nothing_is_said_where_nothing_is_missing() -> None:
    assert words(IMAGE, Denoise()) == ""


@pytest.mark.parametrize(
    ("image", "said"),
    [
        (with_nan((20, 20)), "1 pixel was missing (0.05 %): 1 is filled in."),
        (with_nan((slice(20, 23), slice(20, 24))), "12 pixels were missing (0.6 %): 12 are filled in."),
        (with_nan(slice(0, 6)), "300 pixels were missing (15 %): 300 of a blank border come back as before."),
        (
            with_nan(slice(0, 6), (20, 20)),
            "301 pixels were missing (15 %): 1 is filled in, 300 of a blank border come back as before.",
        ),
    ],
)
def test_pixels_that_are_nan(image: np.ndarray, said: str) -> None:
    assert words(image, Denoise()) == said


def test_pixels_of_a_mask_and_of_restored_planes_alone() -> None:
    mask = np.zeros(IMAGE.shape, np.uint8)
    mask[10:14, 10:15] = 1
    assert words(IMAGE, Inpaint(mask=mask)) == "20 pixels were missing (1 %): 20 are filled in."
    assert words(IMAGE, Denoise(mask=mask)) == "20 pixels were missing (1 %): 20 are filled in."
    stack = np.stack([IMAGE, with_nan((20, 20))])
    assert words(stack, Denoise(), "TYX") == "1 pixel was missing (0.025 %): 1 is filled in."


def test_an_image_on_disk_is_not_read_once_more() -> None:
    image = dask.array.from_array(with_nan((20, 20)))
    assert missing_words(image, restore(np.asarray(image), settings=QUICK), Denoise(), Axes("YX")) == ""
