"""A student draws a long stack in one pass: it is taken where it is no worse, repeats, goes on, and is handed to other processes."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator

import numpy as np
import pytest

from napari_deep_prior import Fit, Record, Settings, replay, restore
from napari_deep_prior.core.networks.architecture import Architecture
from napari_deep_prior.core.results import Result, StopReason
from napari_deep_prior.core.run import throttle
from napari_deep_prior.core.run.mixing import common_share
from napari_deep_prior.core.run.shared import distilling, drawing, planes, shared_network
from napari_deep_prior.core.run.shared.distilling import steps_for
from napari_deep_prior.core.run.shared.kept_network import KeptNetwork
from napari_deep_prior.core.run.shared.part_fit import PartFit
from napari_deep_prior.core.solver import distillation

STEPS = 12
SMALL = Architecture(channels=(8, 8), skip=4, pointwise=False, padding="zeros", head_scale=0.1)
QUICK = Settings(preset="fast", iterations=STEPS, seconds="never", device="cpu", context=0)
Y, X = np.mgrid[:48, :64]
CLEAN = np.array([100 + 40 * np.sin((X + 9 * t) / 5) * np.cos(Y / (7 + t)) for t in range(3)], np.float32)
NOISY = (CLEAN + np.random.default_rng(0).normal(0, 12, CLEAN.shape)).astype(np.float32)


@pytest.fixture(scope="module", autouse=True)
def any_pays() -> Iterator[None]:
    """Mixtures and students of images however small, and students however bad."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(common_share, "WORTH", 0.0)
        patch.setattr(distilling, "WORTH", 1e6)
        patch.setattr(shared_network, "WORTHWHILE", 0)
        patch.setattr(distilling, "_SHORTEST", 1)
        patch.setattr(distillation, "ARCHITECTURE", SMALL)
        yield


def ticking(image: np.ndarray = NOISY, **arguments: object) -> Fit:
    """A fit that shows every piece of its work."""
    return Fit(image, None, QUICK, axes="TYX"[-image.ndim :], clock=itertools.count().__next__, **arguments)


@pytest.fixture(scope="module")
def fitted(any_pays: None) -> Fit:
    list(fit := Fit(NOISY, None, QUICK, axes="TYX"))
    return fit


def assert_same(one: Result, other: Result) -> None:
    np.testing.assert_array_equal(one.image, other.image)
    np.testing.assert_array_equal(one.uncertainty, other.uncertainty)


def test_every_plane_is_drawn_once_and_the_record_says_of_what(fitted: Fit) -> None:
    result = fitted.result
    assert [(plane.drawings, plane.distilled, plane.partner) for plane in result.record.planes] == [
        (1, STEPS, "nl-ridge")
    ] * 3
    ((share,),) = {plane.shares for plane in result.record.planes}
    assert 0 < share < 1
    first, last = result.record.planes[0], result.record.planes[-1]
    assert any(f"distilled from the mixture in {STEPS} steps: its squared error is" in note for note in first.notes)
    drawn = "drawn once by a network that was distilled from the network of plane 1, mixed with nl-ridge: "
    assert last.notes[0] == f"{drawn}{share:.0%} of the drawing and {1 - share:.0%} of nl-ridge"
    assert all(plane.error is not None for plane in result.record.planes)
    assert (result.uncertainty >= 0).all()
    assert np.square(result.image - CLEAN).mean() < 0.2 * np.square(NOISY - CLEAN).mean()


def test_it_comes_near_to_its_teacher(any_pays: None, monkeypatch: pytest.MonkeyPatch) -> None:
    more = dataclasses.replace(QUICK, iterations=60)
    monkeypatch.setattr(common_share, "WORTH", -1e6)  # mixed whatever it gains
    taught = restore(NOISY, axes="TYX", settings=more)
    monkeypatch.setattr(shared_network, "WORTHWHILE", np.inf)
    teacher = restore(NOISY, axes="TYX", settings=more)
    assert {plane.distilled for plane in teacher.record.planes} == {0}
    away = np.square(taught.image - teacher.image).mean()
    assert 0 < away < 0.3 * np.square(teacher.image - CLEAN).mean() + 0.02 * 12**2
    assert taught.uncertainty.mean() == pytest.approx(teacher.uncertainty.mean(), rel=0.2)


def test_drawings_that_are_not_mixed_have_a_student_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(common_share, "WORTH", 1e6)
    half = restore(NOISY, axes="TYX", settings=QUICK)
    assert {plane.distilled for plane in half.record.planes} == {0}, "at half resolution drawings are as fast"
    settings = dataclasses.replace(QUICK, preset="balanced", method="recorrupted")
    list(fit := Fit(NOISY, None, settings, axes="TYX"))
    result = fit.result
    assert {(plane.drawings, plane.distilled, plane.shares, plane.partner) for plane in result.record.planes} == {
        (1, STEPS, (), None)
    }
    assert any("distilled from the drawings" in note for note in result.record.planes[0].notes)
    assert_same(replay(NOISY, result.record), result)
    applied = restore(NOISY, axes="TYX", settings=settings, network=fit.network)
    np.testing.assert_array_equal(applied.image, result.image)


def test_it_repeats_from_its_record(fitted: Fit) -> None:
    record = Record.from_json(fitted.result.record.to_json())
    assert_same(replay(NOISY, record), fitted.result)


def test_a_kept_network_takes_it_along(fitted: Fit) -> None:
    kept = KeptNetwork.from_state(fitted.network.state_dict())
    assert kept.description.distilled == STEPS
    applied = restore(NOISY, axes="TYX", settings=QUICK, network=kept)
    np.testing.assert_array_equal(applied.image, fitted.result.image)
    assert {plane.distilled for plane in applied.record.planes} == {STEPS}
    assert_same(replay(NOISY, applied.record, network=kept), applied)
    lost = {name: array for name, array in kept.weights.items() if name != "student.head.bias"}
    with pytest.raises(ValueError, match=r"head\.bias is missing"):
        KeptNetwork(description=kept.description, weights=lost)


def test_another_process_draws_by_it(fitted: Fit) -> None:
    one = PartFit(NOISY, planes=[], settings=QUICK, axes="TYX")
    list(one)
    other = PartFit(NOISY, planes=[2], learnt=one.learnt(), settings=QUICK, axes="TYX")
    list(other)
    np.testing.assert_array_equal(other.result.image[2], fitted.result.image[2])


def test_a_stop_while_it_learns_keeps_what_the_network_drew_and_it_goes_on(fitted: Fit) -> None:
    fit, stages = ticking(), list[str]()
    for snapshot in fit:
        stages.append(snapshot.stage)
        if snapshot.stage == "distilling" and snapshot.iteration >= 8:
            fit.stop()
    assert stages[-1] == "distilling"
    partial = fit.result
    assert partial.reason is StopReason.REQUESTED
    assert partial.record.planes[0].iterations == STEPS
    np.testing.assert_array_equal(partial.image[1:], NOISY[1:])
    assert np.square(partial.image[0] - CLEAN[0]).mean() < np.square(NOISY[0] - CLEAN[0]).mean()
    fit.resume()
    list(fit)
    assert_same(fit.result, fitted.result)


def test_what_was_done_is_counted_to_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "INTERVAL", 0.0)
    monkeypatch.setattr(throttle, "FRACTION", np.inf)
    shown = [s for s in ticking() if s.stage == "distilling"]
    totals = {snapshot.iteration + snapshot.iterations_left for snapshot in shown}
    assert len(totals) == 1
    assert [snapshot.iteration for snapshot in shown] == list(range(1, len(shown) + 1))
    assert {snapshot.shown for snapshot in shown} == {STEPS}


def test_a_run_that_was_killed_meanwhile_gives_the_same_bits(fitted: Fit) -> None:
    fit = ticking()
    for snapshot in fit:
        if snapshot.stage == "distilling" and snapshot.iteration >= 5:
            break
    state = fit.state_dict()
    again = Fit(NOISY, None, QUICK, axes="TYX")
    again.load_state_dict(state)
    list(again)
    assert_same(again.result, fitted.result)


def test_further_steps_teach_another(fitted: Fit) -> None:
    list(fit := Fit(NOISY, None, QUICK, axes="TYX"))
    fit.resume(iterations=4)
    list(fit)
    assert [plane.iterations for plane in fit.result.record.planes] == [STEPS + 4] * 3
    assert [plane.distilled for plane in fit.result.record.planes] == [STEPS] * 3
    assert (fit.result.image != fitted.result.image).any()


def test_one_that_is_worse_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(distilling, "WORTH", -1e6)
    result = restore(NOISY, axes="TYX", settings=QUICK)
    assert [(plane.drawings, plane.distilled) for plane in result.record.planes] == [(8, 0)] * 3
    assert all(plane.shares for plane in result.record.planes)
    assert any("no network was distilled" in note for note in result.record.planes[0].notes)
    assert_same(replay(NOISY, result.record), result)


@pytest.mark.parametrize(("limit", "whole"), [(1e6, False), (-1e6, False), (-1e6, True)])
def test_a_large_image_is_drawn_by_it_in_tiles_or_mixed_as_a_whole_or_not_mixed(
    limit: float, whole: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planes, "LARGE", NOISY[0].size - 1)
    monkeypatch.setattr(planes, "MIXED_WHOLE", NOISY[0].size - 1 + whole)
    monkeypatch.setattr(planes, "SIDE", 32)
    monkeypatch.setattr(distilling, "WORTH", limit)
    result = restore(NOISY[0], settings=QUICK)
    (plane,) = result.record.planes
    assert (plane.distilled > 0) == (limit > 0)
    assert bool(plane.shares) == (plane.error is not None) == (limit > 0 or whole)
    assert_same(replay(NOISY[0], result.record), result)


@pytest.mark.parametrize("context", [0, 1])
def test_what_it_was_not_taught_is_drawn_by_the_network_of_its_teacher(
    film, monkeypatch: pytest.MonkeyPatch, context: int
) -> None:
    monkeypatch.setattr(common_share, "WORTH", -1e6)
    image = film(6)
    image[3, 10:14, 10:14] += 2000
    settings = dataclasses.replace(QUICK, context=context, iterations=40)
    result = restore(image, axes="TYX", settings=settings)
    assert {plane.distilled for plane in result.record.planes} == {40}
    assert any("was missed by that network" in note for note in result.record.planes[3].notes)
    kept = result.image[3, 10:14, 10:14].mean() - result.image[2, 10:14, 10:14].mean()
    monkeypatch.setattr(drawing, "_MISSED", np.inf)
    missed = restore(image, axes="TYX", settings=settings).image
    assert kept > 1.2 * (missed[3, 10:14, 10:14].mean() - missed[2, 10:14, 10:14].mean())


def test_the_more_there_is_to_draw_the_longer_it_learns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(distilling, "_SHORTEST", 2)
    found = [steps_for(600, pixels) for pixels in (0, 2**25, 3 * 2**24, 2**26, 2**30)]
    assert found == [1200, 1200, 1800, 2400, 2400]
