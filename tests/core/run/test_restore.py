"""restore() is a fit run to its end."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from napari_deep_prior import Fit, Settings, replay, restore


def test_it_is_a_fit_run_to_its_end() -> None:
    image = np.random.default_rng(0).normal(100, 9, (24, 26)).astype(np.float32)
    settings = Settings(preset="fast", iterations=4, seconds="never")
    for _ in (fit := Fit(image, None, settings)):
        pass
    np.testing.assert_array_equal(restore(image, settings=settings).image, fit.result.image)


def test_channels_may_be_restored_each_for_itself() -> None:
    image = np.random.default_rng(0).normal(100, 9, (3, 24, 26)).astype(np.float32) * [[[1.0]], [[2.0]], [[7.0]]]
    settings = Settings(preset="fast", iterations=4, seconds="never", each_channel=True, network="each")
    result = restore(image, axes="CYX", settings=settings)
    as_a_stack = restore(image, axes="RYX", settings=settings)
    assert len(result.record.planes) == 3
    np.testing.assert_array_equal(result.image, as_a_stack.image)
    np.testing.assert_array_equal(replay(image, result.record).image, result.image)
    together = restore(image, axes="CYX", settings=dataclasses.replace(settings, each_channel=False))
    assert len(together.record.planes) == 1


def test_a_script_is_warned_of_what_the_other_faces_tell() -> None:
    labels = (np.indices((24, 26)).sum(0) // 10).astype(np.uint8)
    with pytest.warns(UserWarning, match="looks like labels"):
        restore(labels, settings=Settings(preset="fast", iterations=2, seconds="never"))
