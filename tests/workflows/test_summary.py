"""How a run went, in sentences."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from napari_deep_prior import Settings, restore
from napari_deep_prior.core.diagnostics.course import numbered
from napari_deep_prior.core.found import ErrorFound
from napari_deep_prior.workflows.summary import summary


@pytest.mark.parametrize(
    ("numbers", "text"), [([4], "plane 4"), ([1, 2, 3, 5], "planes 1-3, 5"), ([1, 3, 4], "planes 1, 3-4")]
)
def test_numbers_of_planes(numbers, text):
    assert numbered([number - 1 for number in numbers]) == text


def test_the_estimated_error_of_the_worst_plane_is_told() -> None:
    stack = np.random.default_rng(0).normal(100, 10, (2, 32, 40)).astype(np.float32)
    record = restore(stack, axes="ZYX", settings=Settings(preset="instant", device="cpu")).record
    assert not any("Estimated error" in line for line in summary(record))
    errors = [ErrorFound(relative=relative, low=0.1, high=0.9, noise=10.0) for relative in (0.5, 0.25)]
    planes = [dataclasses.replace(plane, error=error) for plane, error in zip(record.planes, errors, strict=True)]
    (line,) = [line for line in summary(dataclasses.replace(record, planes=planes)) if "error" in line]
    assert line.startswith("Estimated error of the worst plane: about 50% of the noise (10% to 90%")


def test_the_steps_of_a_network_that_draws_all_planes_count_once() -> None:
    stack = np.random.default_rng(0).normal(100, 10, (3, 24, 24)).astype(np.float32)
    way = Settings(preset="fast", device="cpu", seconds="never", iterations=4, method="recorrupted", context=0)
    record = restore(stack, axes="ZYX", settings=way).record
    assert next(summary(record)).startswith("4 steps on 3 planes in ")
    taught = [dataclasses.replace(plane, distilled=8, adapted=2) for plane in record.planes]
    assert next(summary(dataclasses.replace(record, planes=taught))).startswith("18 steps on 3 planes in ")
    record = restore(stack, axes="ZYX", settings=dataclasses.replace(way, network="each")).record
    assert next(summary(record)).startswith("12 steps on 3 planes in ")
