"""Earlier snapshots: thinned out evenly, chosen by hand, gone back to; whichever it is, its record replays to the same bits."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_deep_prior.core.results import Record, Snapshot
from napari_deep_prior.core.run.fit import Fit
from napari_deep_prior.core.run.history import SnapshotHistory, thin_evenly
from napari_deep_prior.core.run.reproduce import replay
from napari_deep_prior.core.settings import Settings

STEPS = Settings(preset="fast", iterations=60, seconds="never", method="deep-image-prior", stopping="held-out")
IMAGE = np.random.default_rng(0).poisson(np.linspace(20, 90, 31), (24, 31)).astype(np.uint16)


def snapshot(iteration: int, *, plane: int = 0, kept: int | None = None, image: np.ndarray | None = None) -> Snapshot:
    return Snapshot(
        plane=plane, planes=9, index=(plane,), iteration=iteration, iterations_left=None, seconds=0.0, loss=1.0,
        held_out=None, image=np.zeros((8, 8), np.float32) if image is None else image, shown=iteration, kept=kept,
    )  # fmt: skip


@given(st.lists(st.integers(0, 10**6), min_size=1, unique=True).map(sorted), st.integers(3, 40), st.data())
def test_what_stays_is_few_and_has_both_ends(positions, most, data):
    always = data.draw(st.lists(st.sampled_from(range(len(positions))), max_size=1))
    stay = thin_evenly(positions, most, always=always)
    assert stay == sorted(set(stay))
    assert len(stay) <= max(most, 3)
    assert {0, len(positions) - 1, *always} <= set(stay)


def test_what_stays_is_spread_evenly():
    history = SnapshotHistory(32 * 8 * 8 * 4)
    for iteration in range(1, 2000):
        history.add(snapshot(iteration))
    steps = [m.iteration for m in history.snapshots]
    gaps = np.diff(steps)
    assert len(steps) == 32
    assert (steps[0], steps[-1]) == (1, 1999)
    assert gaps.max() <= 4 * gaps.min(), gaps


def test_the_best_stays_and_no_plane_of_a_stack_is_forgotten():
    history = SnapshotHistory(30 * 8 * 8 * 4)
    for plane in range(9):
        for iteration in range(1, 50):
            history.add(snapshot(iteration, plane=plane, kept=min(iteration, 7)))
    assert {m.plane for m in history.snapshots} == set(range(9))
    assert (8, 7) in {(m.plane, m.iteration) for m in history.snapshots}
    history.back_to(20, plane=8)
    assert max(m.iteration for m in history.snapshots if m.plane == 8) <= 20


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """A snapshot at every step and a checkpoint at every tenth."""
    monkeypatch.setattr("napari_deep_prior.core.run.throttle.INTERVAL", 0.0)
    monkeypatch.setattr("napari_deep_prior.core.run.throttle.FRACTION", 1e9)
    monkeypatch.setattr("napari_deep_prior.core.run.plane_fit._CHECKPOINT", 10)


@pytest.mark.usefixtures("often")
@pytest.mark.parametrize("stack", [False, True])
def test_a_moment_chosen_by_hand_replays_to_the_same_bits(stack: bool) -> None:
    image, axes = (np.stack([IMAGE, IMAGE[::-1]]), "ZYX") if stack else (IMAGE, "YX")
    fit = Fit(image, None, STEPS, axes=axes)
    chosen = next(m for m in list(fit) if m.iteration == 37 and m.plane == 0)  # between two looks at the numbers
    fit.choose(chosen)
    result = fit.result
    assert np.array_equal(result.image[chosen.index], chosen.image)
    assert np.array_equal(result.uncertainty[chosen.index], chosen.uncertainty)
    assert result.record.planes[0].chosen == 37
    assert "by hand" in result.record.planes[0].notes[-1]
    again = replay(image, Record.from_json(result.record.to_json()))
    assert np.array_equal(again.image, result.image)
    assert np.array_equal(again.uncertainty, result.uncertainty)


@pytest.mark.usefixtures("often")
@pytest.mark.parametrize("method", ["deep-image-prior", "blind-spot"])
def test_going_back_takes_the_same_steps_again(method: str) -> None:
    fit = Fit(IMAGE, None, dataclasses.replace(STEPS, method=method))
    first = {m.iteration: m.image for m in fit}
    fit.choose(snapshot(1, image=IMAGE))
    fit.resume(iterations=50, back_to=27)
    second = {m.iteration: m.image for m in fit}
    assert (min(second), max(second)) == (21, 77), "from the checkpoint before it, 50 steps beyond the asked one"
    assert all(np.array_equal(second[step], first[step]) for step in range(21, 60))
    report = fit.result.record.planes[0]
    assert report.iterations == 77
    assert [point.iteration for point in report.curve] == sorted({point.iteration for point in report.curve})
    assert np.array_equal(replay(IMAGE, fit.result.record).image, fit.result.image)


def test_a_snapshot_knows_the_noise_and_what_is_kept() -> None:
    noisy = np.random.default_rng(0).normal(1000, 50, (64, 64)) + np.linspace(0, 800, 64)
    last = list(Fit(noisy, None, STEPS))[-1]
    assert last.shown == last.kept
    assert last.kept is not None
    assert last.noise == pytest.approx((50 / 800) ** 2, rel=0.5)
    assert last.uncertainty is not None
    assert last.uncertainty.shape == noisy.shape
