"""Drawings: what shows in one frame only is kept, and what is stopped is drawn as far as it got."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import pytest

from napari_deep_prior import Fit, Settings, replay, restore
from napari_deep_prior.core.run.shared import drawing

QUICK = Settings(preset="fast", iterations=30, seconds="never", device="cpu", precision="float32")


def test_a_flash_of_one_frame_stays_in_its_frame(film) -> None:
    image = film(7, 64, 64)
    y, x = np.mgrid[:64, :64]
    flash = 900 * np.exp(-((y - 48) ** 2 + (x - 50) ** 2) / 18)
    image[3] += flash
    result = restore(image, None, settings=dataclasses.replace(QUICK, iterations=120, context=2), axes="TYX")
    near = flash > 20
    lit, before, after = (
        result.image[frame][near].sum() - film(7, 64, 64, sigma=0)[frame][near].sum() for frame in (3, 2, 4)
    )
    assert lit > 0.8 * flash[near].sum()
    assert max(abs(before), abs(after)) < 0.2 * flash[near].sum()


def test_where_a_plane_differs_from_its_neighbours_it_is_drawn_without_them(
    film, monkeypatch: pytest.MonkeyPatch
) -> None:
    image, settings = film(), dataclasses.replace(QUICK, context=2)
    monkeypatch.setattr(drawing, "_EVENT", 1e9)  # nothing does
    beside = restore(image, None, settings=settings, axes="TYX")
    assert not any("without them" in note for plane in beside.record.planes for note in plane.notes)
    monkeypatch.setattr(drawing, "_EVENT", -1.0)  # everything does
    alone = restore(image, None, settings=settings, axes="TYX")
    assert all(any("100.0 % of it" in note for note in plane.notes) for plane in alone.record.planes)
    assert (alone.image != beside.image).mean() > 0.99


def test_a_plane_that_is_stopped_is_drawn_as_far_as_it_got(film) -> None:
    fit = Fit(film(), None, dataclasses.replace(QUICK, iterations=3), axes="TYX", clock=itertools.count().__next__)
    for snapshot in fit:
        if snapshot.plane == 1:
            fit.stop()
    last = fit.result.record.planes[-1]
    assert (last.plane, last.reason) == (1, "REQUESTED")
    assert 0 < last.drawings < 8


def adapting(**changes) -> Settings:
    return dataclasses.replace(QUICK, iterations=8, context=0, adapt=3, **changes)


def test_a_network_learns_on_from_each_plane_before_it_draws_it(film) -> None:
    image, settings = film(3, 32, 40), adapting()
    result = restore(image, None, settings=settings, axes="TYX")
    as_it_is = restore(image, None, settings=dataclasses.replace(settings, adapt=0), axes="TYX")
    assert [(plane.adapted, plane.drawings) for plane in result.record.planes] == [(3, 8)] * 3
    assert all("learnt on from this plane for 3 more" in "".join(plane.notes) for plane in result.record.planes)
    assert all((result.image[n] != as_it_is.image[n]).any() for n in range(3))
    assert {plane.adapted for plane in as_it_is.record.planes} == {0}
    np.testing.assert_array_equal(replay(image, result.record).image, result.image)
    kept = Fit(image, None, settings, axes="TYX")
    list(kept)
    applied = restore(image[:2], None, settings=settings, axes="TYX", network=kept.network)
    assert [plane.adapted for plane in applied.record.planes] == [3, 3]
    again = replay(image[:2], applied.record, network=kept.network)
    np.testing.assert_array_equal(again.image, applied.image)


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_one_that_is_stopped_meanwhile_is_repeated_and_gone_on_with(film, steps: int) -> None:
    image, settings = film(4, 32, 40), adapting()
    whole = restore(image, None, settings=settings, axes="TYX").image
    fit, seen = Fit(image, None, settings, axes="TYX", clock=itertools.count().__next__), 0
    for snapshot in fit:
        assert np.isfinite(snapshot.image).all()
        seen += snapshot.stage == "drawing"
        if seen == steps:
            fit.stop()
    stopped = fit.result
    assert len(stopped.record.planes) < 4
    assert stopped.record.planes[-1].adapted in (0, 3)
    np.testing.assert_array_equal(replay(image, stopped.record).image, stopped.image)
    fit.resume()
    list(fit)
    np.testing.assert_array_equal(fit.result.image, whole)
