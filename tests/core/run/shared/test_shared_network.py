"""One network for a stack: it learns once, draws every plane, repeats from its record, and is refused where it cannot be had."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import pytest

from napari_deep_prior import Fit, Settings, replay, restore
from napari_deep_prior.core.networks import tiles
from napari_deep_prior.core.results import Record, StopReason
from napari_deep_prior.core.run.shared import planes

QUICK = Settings(preset="fast", iterations=30, seconds="never", device="cpu", precision="float32")


def test_every_plane_is_drawn_by_the_network_that_learnt_once(film) -> None:
    image = film()
    seen = {}
    for snapshot in (fit := Fit(image, None, QUICK, axes="TYX")):
        seen[snapshot.plane] = snapshot
    result = fit.result
    assert [plane.drawings for plane in result.record.planes] == [8] * 5
    assert [plane.iterations for plane in result.record.planes] == [30] * 5
    assert sum(len(plane.curve) for plane in result.record.planes) == len(result.record.planes[0].curve) > 0
    assert result.curve == result.record.planes[0].curve, "that of the network for all"
    for number, snapshot in seen.items():
        np.testing.assert_array_equal(snapshot.image, result.image[number])
        assert snapshot.iterations_left == 0
    clean = film(sigma=0)
    assert np.square(result.image - clean).mean() < 0.5 * np.square(image - clean).mean()
    assert (result.uncertainty > 0).all()


@pytest.mark.parametrize("settings", [{}, {"context": 0}, {"ensemble_size": 2}, {"method": "blind-spot", "context": 1}])
def test_its_record_repeats_it(film, settings: dict[str, object]) -> None:
    image = film()
    result = restore(image, None, settings=dataclasses.replace(QUICK, **settings), axes="TYX")
    again = replay(image, Record.from_json(result.record.to_json()))
    np.testing.assert_array_equal(again.image, result.image)
    np.testing.assert_array_equal(again.uncertainty, result.uncertainty)


@pytest.mark.parametrize("settings", [{"context": 0}, {"method": "blind-spot", "context": 1}])
@pytest.mark.parametrize(("plane", "stage", "at"), [(0, "learning", 10), (0, "drawing", 1), (2, "drawing", 5)])
def test_the_record_of_a_stopped_run_repeats_it(film, settings, plane: int, stage: str, at: int) -> None:
    """While the network learnt nothing was drawn, and of a plane that was stopped only a part of the drawings."""
    image = film(3)
    fit = Fit(image, None, dataclasses.replace(QUICK, **settings), axes="TYX", clock=itertools.count().__next__)
    for snapshot in fit:
        if snapshot.plane >= plane and snapshot.stage == stage and snapshot.iteration >= at:
            fit.stop()
    result = fit.result
    again = replay(image, Record.from_json(result.record.to_json()))
    np.testing.assert_array_equal(again.image, result.image)
    np.testing.assert_array_equal(again.uncertainty, result.uncertainty)


def test_a_stop_while_it_learns_leaves_the_other_planes_as_they_were_and_it_goes_on(film) -> None:
    image = film()
    fit = Fit(image, None, QUICK, axes="TYX", clock=itertools.count().__next__)
    for snapshot in fit:
        if snapshot.iteration >= 10:
            fit.stop()
    partial = fit.result
    assert partial.record.planes[0].iterations < 30
    assert partial.reason is StopReason.REQUESTED
    assert len(partial.record.planes) == 1
    np.testing.assert_array_equal(partial.image[1:], image[1:])
    fit.resume(iterations=30 - partial.record.planes[0].iterations)
    list(fit)
    whole = restore(image, None, settings=QUICK, axes="TYX")
    np.testing.assert_array_equal(fit.result.image, whole.image)


def test_a_stop_between_planes_goes_on_with_the_next(film) -> None:
    image = film()
    fit = Fit(image, None, QUICK, axes="TYX", clock=itertools.count().__next__)
    for snapshot in fit:
        if snapshot.plane == 2:
            fit.stop()
    partial = fit.result
    np.testing.assert_array_equal(partial.image[3:], image[3:])
    fit.resume()
    list(fit)
    assert len(fit.result.record.planes) == 5
    np.testing.assert_array_equal(fit.result.image, restore(image, None, settings=QUICK, axes="TYX").image)


def test_a_further_budget_is_the_network_s_and_all_planes_are_drawn_anew(film) -> None:
    image = film()
    fit = Fit(image, None, QUICK, axes="TYX")
    list(fit)
    before = fit.result
    fit.resume(iterations=10)
    list(fit)
    after = fit.result
    assert [plane.iterations for plane in after.record.planes] == [40] * 5
    assert after.record.input == before.record.input
    assert all((after.image[number] != before.image[number]).any() for number in range(5))


def test_empty_and_flat_planes_are_passed_over(film) -> None:
    image = film(6)
    image[0] = image[3] = 100
    result = restore(image, None, settings=QUICK, axes="TYX")
    assert [plane.drawings for plane in result.record.planes] == [0, 8, 8, 0, 8, 8]
    np.testing.assert_array_equal(result.image[[0, 3]], image[[0, 3]])


def test_a_plane_with_a_wrong_number_is_named_and_those_before_it_are_kept(film) -> None:
    image = film(6)
    image[4, 3, 3] = np.inf

    class OnDisk:
        shape, dtype, ndim = image.shape, image.dtype, image.ndim

        def __getitem__(self, index: object) -> np.ndarray:
            return image[index]

    fit = Fit(OnDisk(), None, QUICK, axes="TYX")
    with pytest.raises(ValueError, match="Plane 5 of 6"):
        list(fit)
    assert len(fit.result.record.planes) == 4


def test_channels_and_volumes_are_drawn_too(film) -> None:
    image = film(6)
    colour = np.stack([image, 3 * image[::-1]], -1)
    assert [p.drawings for p in restore(colour, None, settings=QUICK, axes="TYXC").record.planes] == [8] * 6
    volumes = np.stack([film(6, 24, 24, seed=seed) for seed in range(3)])
    settings = dataclasses.replace(QUICK, volume=True, iterations=10)
    result = restore(volumes, None, settings=settings, axes="TZYX")
    assert [plane.drawings for plane in result.record.planes] == [8] * 3


def test_a_change_of_scale_is_a_change_of_scale(film) -> None:
    image = film()
    one = restore(image, None, settings=QUICK, axes="TYX").image
    other = restore(4 * image, None, settings=QUICK, axes="TYX").image  # by a power of two, which rounds nothing
    np.testing.assert_allclose(other, 4 * one, rtol=1e-5)


def test_a_large_plane_is_learnt_from_in_parts_and_drawn_in_tiles(film, monkeypatch: pytest.MonkeyPatch) -> None:
    image = film(1, 96, 120)[0]
    monkeypatch.setattr(planes, "LARGE", 96 * 120 - 1)
    monkeypatch.setattr(planes, "SIDE", 48)
    shown = []
    for snapshot in (fit := Fit(image, None, QUICK, clock=itertools.count().__next__)):
        shown.append((snapshot.stage, snapshot.image))
    part = next(picture for stage, picture in shown if stage == "learning")
    assert 0 < (part != image).mean() <= 48**2 / image.size, "what is learnt from is shown in the plane"
    whole = fit.result
    assert whole.record.planes[0].drawings in (1, 8)  # distilled or not, as the student turns out
    assert (whole.image != image).all()
    monkeypatch.setattr(tiles, "TILE", 64)
    in_tiles = restore(image, None, settings=QUICK)
    np.testing.assert_allclose(in_tiles.image, whole.image, atol=1e-3 * np.ptp(image))
    np.testing.assert_array_equal(replay(image, in_tiles.record).image, in_tiles.image)


def test_each_of_large_planes_is_drawn(film, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planes, "LARGE", 1000)
    monkeypatch.setattr(planes, "SIDE", 32)
    result = restore(film(4, 64, 70), None, settings=QUICK, axes="TYX")
    assert [plane.drawings for plane in result.record.planes] == [8] * 4


def test_the_plane_to_begin_with_is_learnt_from_shown_and_drawn_first(film) -> None:
    image = film()
    fit = Fit(image, None, QUICK, axes="TYX", first=3)
    seen = [(snapshot.stage, snapshot.plane) for snapshot in fit]
    assert {plane for stage, plane in seen if stage == "learning"} == {3}
    drawn = [plane for stage, plane in seen if stage == "drawing"]
    assert list(dict.fromkeys(drawn)) == [3, 4, 0, 1, 2]
    assert "learnt from" in " ".join(fit.result.record.planes[0].notes)


def test_a_shared_network_that_began_elsewhere_learns_on_and_draws_all_anew(film) -> None:
    fit = Fit(film(), None, QUICK, axes="TYX", first=3)
    for _ in fit:
        pass
    fit.resume(iterations=5)
    drawn = [snapshot.plane for snapshot in fit if snapshot.stage == "drawing"]
    assert list(dict.fromkeys(drawn)) == [3, 4, 0, 1, 2]
    assert [plane.plane for plane in fit.result.record.planes] == [3, 4, 0, 1, 2]
    assert {plane.iterations for plane in fit.result.record.planes} == {35}
