"""Neighbouring planes: shown where they help and their noise is their own, with a reason in the record where they are not."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from napari_deep_prior import Settings, restore

QUICK = Settings(preset="fast", iterations=30, seconds="never", device="cpu", precision="float32")


def notes_of(image: np.ndarray, axes: str = "TYX", **settings: object) -> str:
    result = restore(image, None, settings=dataclasses.replace(QUICK, **{"iterations": 6, **settings}), axes=axes)
    return "; ".join(result.record.planes[0].notes)


def test_the_record_says_whether_they_helped(film) -> None:
    assert "neighbouring planes on each side along T are" in notes_of(film())
    assert "neighbouring planes" not in notes_of(film(), context=0)


def test_noise_that_frames_share_is_not_taken_for_a_second_look(film) -> None:
    rng = np.random.default_rng(1)
    common = rng.normal(0, 30, (128, 128))
    image = film(5, 128, 128, sigma=0) + common + rng.normal(0, 15, (5, 128, 128))
    assert "share their noise" in notes_of(image.astype(np.float32), context=2)


def test_a_stack_without_time_or_depth_has_none(film) -> None:
    assert "needs an axis T or Z" in notes_of(film(4), axes="PYX", context=2)
    assert "neighbouring" not in notes_of(film(4), axes="PYX")


@pytest.mark.parametrize("context", [-1, 6, "many"])
def test_a_number_that_is_none_is_refused(context: object) -> None:
    with pytest.raises(ValueError, match="context"):
        Settings(context=context)  # type: ignore[arg-type]


def test_depth_is_taken_where_it_is_asked_for(film) -> None:
    image = np.stack([film(3)] * 3)  # nearly the same again: frames have little noise of their own
    image += np.random.default_rng(1).normal(0, 8, image.shape).astype(np.float32)
    assert "along time they share their noise" in notes_of(image, "TZYX")
    assert "neighbouring planes on each side along Z are" in notes_of(image, "TZYX", context_axis="Z")
    assert "needs an axis T of" in notes_of(image[0], "ZYX", context_axis="T")
