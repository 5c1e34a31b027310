"""Where a result came from, in plain values."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest
import torch

from napari_deep_prior import Inpaint, Settings
from napari_deep_prior.core.compute import device
from napari_deep_prior.core.data.axes import Axes
from napari_deep_prior.core.data.stack import PlaneStack
from napari_deep_prior.core.results import PlaneReport, StopReason
from napari_deep_prior.core.run.provenance import Origin, fingerprint, make_result, skipped_report, versions

IMAGE = np.arange(2 * 4 * 5, dtype=np.uint16).reshape(2, 4, 5)
MASK = np.eye(4, 5, dtype=np.uint8)


def origin(mask: np.ndarray = MASK) -> Origin:
    return Origin.of(Inpaint(mask=mask), Settings(seed=3), Axes("TYX"), device.choose("cpu", "float32", 1))


def report(plane: int, reason: StopReason = StopReason.ITERATIONS) -> PlaneReport:
    return PlaneReport(
        plane=plane,
        iterations=9,
        chosen=8,
        seconds=1.25,
        invented=0.5,
        reason=reason.name,
        method="m",
        notes=(),
        curve=(),
    )


@pytest.mark.parametrize(
    "other", [IMAGE[:1], IMAGE + 1, IMAGE.astype(np.int16), IMAGE.reshape(4, 2, 5), IMAGE.swapaxes(1, 2)]
)
def test_another_array_has_another_fingerprint(other: np.ndarray) -> None:
    assert fingerprint(other) != fingerprint(IMAGE)


def test_an_array_has_the_same_fingerprint_however_it_lies_in_memory() -> None:
    assert fingerprint(np.asfortranarray(IMAGE)) == fingerprint(IMAGE)


def test_an_origin_is_json_and_holds_what_repeats_the_run() -> None:
    plain = origin().as_dict()
    assert json.loads(json.dumps(plain)) == plain
    assert plain["task"]["name"] == Inpaint.command()
    assert plain["settings"]["seed"] == 3
    assert plain["companions"] == {"mask": fingerprint(MASK)}
    assert (plain["device"]["name"], plain["device"]["precision"], plain["device"]["threads"]) == ("cpu", "float32", 1)


def test_its_fingerprints_are_taken_at_once() -> None:
    mask = MASK.copy()
    made = origin(mask)
    mask[:] = 0
    assert made.companions == {"mask": fingerprint(MASK)}


def test_versions_name_all_that_the_bits_depend_on() -> None:
    assert versions().keys() == {"napari-deep-prior", "torch", "numpy", "python"}
    assert versions()["torch"] == torch.__version__


def test_a_result_tells_of_all_its_planes() -> None:
    stack = PlaneStack(IMAGE, Axes("TYX"))
    result = make_result(stack, [report(0), report(1, StopReason.SECONDS)], origin(), stopped=True)
    assert result.reason is StopReason.SECONDS, "no plane is left: it was not cut short"
    assert result.record.seconds == 2.5
    assert result.record.invented == 0.5
    assert result.record.deterministic
    assert result.record.input == stack.fingerprint


@pytest.mark.parametrize(("stopped", "reason"), [(True, StopReason.REQUESTED), (False, StopReason.ITERATIONS)])
def test_a_stack_that_was_cut_short_says_so(stopped: bool, reason: StopReason) -> None:
    result = make_result(PlaneStack(IMAGE, Axes("TYX")), [report(0)], origin(), stopped=stopped)
    assert result.reason is reason
    assert result.record.invented == 0.25, "of all planes"


def test_planes_that_were_passed_over_are_no_result() -> None:
    passed = skipped_report(0, "all its pixels are alike")
    assert (passed.reason, passed.iterations) == (StopReason.NOTHING.name, 0)
    assert passed.notes == ("returned as it was: all its pixels are alike",)
    with pytest.raises(ValueError, match="no result yet"):
        make_result(PlaneStack(IMAGE, Axes("TYX")), [passed], origin(), stopped=False)
    both = make_result(
        PlaneStack(IMAGE, Axes("TYX")), [report(0), dataclasses.replace(passed, plane=1)], origin(), stopped=False
    )
    assert both.reason is StopReason.ITERATIONS
