"""Drawings of a stack are mixed in one share, which the image tells, the record holds and a kept network takes along."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import numpy as np
import pytest

from napari_deep_prior import Fit, Record, Settings, replay, restore
from napari_deep_prior.core.methods.nl_ridge import NLRidge
from napari_deep_prior.core.run.mixing import common_share
from napari_deep_prior.core.run.mixing.common_share import CommonShare, mixture_with, together
from napari_deep_prior.core.run.mixing.means import Means
from napari_deep_prior.core.run.shared.part_fit import PartFit

QUICK = Settings(preset="fast", iterations=12, seconds="never", device="cpu", context=0)
Y, X = np.mgrid[:48, :64]
CLEAN = np.array([100 + 40 * np.sin((X + 9 * t) / 5) * np.cos(Y / (7 + t)) for t in range(3)], np.float32)
NOISY = (CLEAN + np.random.default_rng(0).normal(0, 12, CLEAN.shape)).astype(np.float32)


@pytest.fixture(scope="module", autouse=True)
def worth_it() -> Iterator[None]:
    """Of an image so small nothing would be."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(common_share, "WORTH", 0.0)
        yield


@pytest.fixture(scope="module")
def fitted(worth_it: None) -> Fit:
    list(fit := Fit(NOISY, None, QUICK, axes="TYX"))
    return fit


def error(image: np.ndarray) -> float:
    return float(np.square(image - CLEAN).mean())


def test_all_planes_are_mixed_in_one_share_and_the_record_says_so(fitted: Fit) -> None:
    record = fitted.result.record
    ((share,),) = {plane.shares for plane in record.planes}
    assert 0 <= share < 1
    assert {plane.partner for plane in record.planes} == {"nl-ridge"}
    assert all(any(note.startswith("mixed with nl-ridge: ") for note in plane.notes) for plane in record.planes)
    assert [any("estimated squared error" in note for note in plane.notes) for plane in record.planes] == [
        True,
        False,
        False,
    ]


def test_a_network_that_has_hardly_learnt_gains_by_it(fitted: Fit) -> None:
    alone = restore(
        NOISY, axes="TYX", settings=dataclasses.replace(QUICK, method=fitted.result.record.planes[0].method)
    )
    assert {plane.shares for plane in alone.record.planes} == {()}
    assert error(fitted.result.image) < 0.97 * error(alone.image)


def test_the_error_of_all_is_told_of_each_plane_by_its_own_noise(fitted: Fit) -> None:
    result = fitted.result
    found = [plane.error for plane in result.record.planes]
    assert None not in found
    assert len({each.relative for each in found if each is not None}) == 1
    for plane, each in zip(result.uncertainty, found, strict=True):
        assert each is not None
        assert each.noise == pytest.approx(12, rel=0.2)
        assert np.sqrt(np.square(plane).mean()) == pytest.approx(each.value, rel=0.1)
    stopped = Fit(NOISY, None, QUICK, axes="TYX")
    stopped.stop()
    list(stopped)
    assert {plane.error for plane in stopped.result.record.planes} == {None}


def test_it_repeats_from_its_record(fitted: Fit) -> None:
    result = fitted.result
    again = replay(NOISY, Record.from_json(result.record.to_json()))
    np.testing.assert_array_equal(again.image, result.image)
    np.testing.assert_array_equal(again.uncertainty, result.uncertainty)
    assert [plane.shares for plane in again.record.planes] == [plane.shares for plane in result.record.planes]
    unmixed = dataclasses.replace(
        result.record, planes=tuple(dataclasses.replace(plane, shares=()) for plane in result.record.planes)
    )
    assert (replay(NOISY, unmixed).image != result.image).any()


def test_another_process_mixes_in_the_same_share(fitted: Fit) -> None:
    first = PartFit(NOISY, planes=[], settings=QUICK, axes="TYX")
    list(first)
    second = PartFit(NOISY, planes=[2], learnt=first.learnt(), settings=QUICK, axes="TYX")
    list(second)
    assert second.reports[0].shares == fitted.result.record.planes[2].shares
    np.testing.assert_array_equal(second.result.image[2], fitted.result.image[2])


def test_a_kept_network_takes_its_share_along_and_its_record_repeats(fitted: Fit) -> None:
    network, other = fitted.network, NOISY[:2, ::-1]
    about = network.description
    assert ((about.share,), about.partner) == (fitted.result.record.planes[0].shares, "nl-ridge")
    result = restore(other, axes="TYX", settings=QUICK, network=network)
    assert [plane.shares for plane in result.record.planes] == [(about.share,)] * 2
    assert {plane.error for plane in result.record.planes} == {None}  # nothing was looked at that tells it
    np.testing.assert_array_equal(replay(other, result.record, network=network).image, result.image)


def test_what_is_not_worth_its_time_is_left_out_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(common_share, "WORTH", 1e6)
    record = restore(NOISY, axes="TYX", settings=QUICK).record
    assert {plane.shares for plane in record.planes} == {()}
    assert any(note.startswith("not mixed with nl-ridge") for note in record.planes[0].notes)
    assert all(plane.error is not None for plane in record.planes)


def test_slow_results_are_not_mixed() -> None:
    ticks = iter(range(10**9))
    slow = Fit(
        NOISY, None, dataclasses.replace(QUICK, seconds=1e-3, iterations=1), axes="TYX", clock=lambda: next(ticks)
    )
    list(slow)
    assert {plane.shares for plane in slow.result.record.planes} == {()}


def test_a_share_that_is_not_known_is_none() -> None:
    assert mixture_with(NLRidge(), None) is None
    assert mixture_with(None, 0.3) is None
    assert mixture_with(NLRidge(), 0.3) == CommonShare(method=NLRidge(), share=0.3)


def test_planes_count_by_their_pixels_in_units_of_their_noise() -> None:
    values = {"left": 2.0, "followed": 0.0, "followed_second": 0.0}
    first = Means(pixels=1e9, distance=1.0, along=0.9, variance=1.0, **values)
    second = Means(pixels=1e9, distance=4.0, along=0.4, variance=4.0, **values)
    assert together([first], ((1.0,),)).shares[0] == pytest.approx(0.9, abs=1e-3)
    assert together([second], ((1.0,),)).shares[0] == pytest.approx(0.1, abs=1e-3)
    assert together([first, second], ((1.0,),)).shares[0] == pytest.approx(0.5, abs=1e-3)
    few = dataclasses.replace(second, pixels=1e8)
    both = together([first, few], ((1.0,),))
    assert both.shares[0] == pytest.approx((0.9 + 0.1 * 0.1) / 1.1, abs=1e-3)
    assert 0 < both.gain_on_first < both.gain_on_second
