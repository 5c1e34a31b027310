"""The loop: same seed same bits, budgets, stop, resume, replay, stacks, errors before the start, divergence."""

from __future__ import annotations

import dataclasses
import itertools
import json
import threading
from typing import Any

import dask.array
import numpy as np
import pytest
import torch

from napari_deep_prior.core.data.stack import Unread
from napari_deep_prior.core.results import Diverged, OutOfMemory, Record, RunError, StopReason
from napari_deep_prior.core.run import plane_fit as planes
from napari_deep_prior.core.run.fit import Fit
from napari_deep_prior.core.run.reproduce import replay
from napari_deep_prior.core.run.restore import restore
from napari_deep_prior.core.settings import Settings
from napari_deep_prior.core.solver.solver import Solver
from napari_deep_prior.core.tasks.denoise import Denoise
from napari_deep_prior.core.tasks.inpaint import Inpaint
from napari_deep_prior.core.tasks.super_resolve import SuperResolve

QUICK = Settings(preset="fast", iterations=12, seconds="never")
EACH = dataclasses.replace(QUICK, network="each")


def picture(shape: tuple[int, ...] = (24, 31), seed: int = 0) -> np.ndarray:
    draw = np.random.default_rng(seed)
    ramp = np.linspace(100, 900, shape[-1])
    return (ramp + draw.normal(0, 60, shape)).clip(0, 65535).astype(np.uint16)


def test_the_same_seed_gives_the_same_bits_and_another_does_not() -> None:
    image = picture()
    first, second = restore(image, settings=QUICK), restore(image, settings=QUICK)
    other = restore(image, settings=dataclasses.replace(QUICK, seed=1))
    assert np.array_equal(first.image, second.image)
    assert np.array_equal(first.uncertainty, second.uncertainty)
    assert not np.array_equal(first.image, other.image)


def test_nobody_elses_random_numbers_matter_and_ours_matter_to_nobody() -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    restore(picture(), settings=QUICK)
    assert torch.equal(torch.rand(3), expected)


def test_looking_does_not_change_what_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    quiet = restore(picture(), settings=QUICK)
    monkeypatch.setattr("napari_deep_prior.core.run.throttle.INTERVAL", 0.0)
    monkeypatch.setattr("napari_deep_prior.core.run.throttle.FRACTION", 1e9)
    fit = Fit(picture(), None, QUICK)
    assert len(list(fit)) >= 12
    assert np.array_equal(fit.result.image, quiet.image)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "float32", "float64"])
def test_float32_in_the_images_own_units(dtype: str) -> None:
    image = (picture() / 8).astype(dtype)
    result = restore(image, settings=dataclasses.replace(QUICK, iterations=40))
    assert result.image.dtype == np.float32
    assert result.image.shape == image.shape
    assert result.image.mean() == pytest.approx(float(image.mean()), rel=0.1)
    assert np.corrcoef(result.image.mean(0), image.mean(0))[0, 1] > 0.95


@pytest.mark.parametrize(
    ("shape", "axes", "count"),
    [
        ((9, 14, 3), "YXS", 1),
        ((4, 9, 14), "CYX", 1),
        ((3, 9, 14), "ZYX", 3),
        ((2, 2, 9, 14), "TCYX", 2),
        ((9, 2, 14), "YTX", 2),
    ],
)
@pytest.mark.parametrize("task", ["denoise", "inpaint"])
def test_every_arrangement_of_axes(shape: tuple[int, ...], axes: str, count: int, task: str) -> None:
    image = picture(shape)
    mask = np.zeros((9, 14), np.uint8)
    mask[2:4, 3:6] = 7
    result = restore(image, Inpaint(mask=mask) if task == "inpaint" else None, axes=axes, settings=QUICK)
    assert result.image.shape == image.shape
    assert np.isfinite(result.image).all()
    assert len(result.record.planes) == count


def test_a_stack_goes_plane_by_plane_and_starts_from_its_neighbour() -> None:
    image = np.stack([picture((16, 20)), picture((16, 20), seed=1)])
    fit = Fit(image, None, EACH, axes="TYX")
    snapshots = list(fit)
    assert [s.plane for s in snapshots] == sorted(s.plane for s in snapshots)
    last = {s.plane: s for s in snapshots}
    for snapshot in last.values():
        assert np.array_equal(fit.result.image[snapshot.index], snapshot.image)
    alone = restore(image[1], settings=QUICK)
    assert np.array_equal(fit.result.image[0], restore(image[0], settings=QUICK).image)
    assert not np.array_equal(fit.result.image[1], alone.image)


def test_finer_planes_that_were_not_reached_are_as_they_were() -> None:
    image = picture((2, 9, 14, 3)).transpose(3, 1, 0, 2)  # (c, y, t, x)
    fit = Fit(image, SuperResolve(factor=3, factor_y=2), dataclasses.replace(QUICK, iterations=10**6), axes="CYTX")
    for _ in fit:
        fit.stop()
    result = fit.result
    assert result.image.shape == result.uncertainty.shape == (3, 18, 2, 42)
    np.testing.assert_array_equal(result.image[:, :, 1], image[:, :, 1].repeat(2, 1).repeat(3, 2))
    assert result.invented[:, :, 0].all(), "of finer pixels none was measured"
    repeated = replay(image, result.record)
    assert np.array_equal(repeated.image, result.image)


def test_planes_of_a_stack_are_treated_alike_whatever_their_noise() -> None:
    white = picture((64, 64))
    blurred = (white + np.roll(white, 1, 1) + np.roll(white, 1, 0)) // 3
    result = restore(np.stack([white, blurred]), axes="TYX", settings=QUICK)
    assert len({plane.method for plane in result.record.planes}) == 1


def test_a_dark_first_frame_does_not_keep_the_noise_of_the_others() -> None:
    y, x = np.mgrid[:64, :64]
    draw, truth = np.random.default_rng(0), 200 + 50 * np.sin(y / 9) * np.cos(x / 7)
    film = np.stack([100 + draw.normal(0, 3, (64, 64)), truth + draw.normal(0, 15, (64, 64))])
    result = restore(film, axes="TYX", settings=Settings(preset="fast", iterations=120, seconds="never"))
    assert np.std(result.image[1] - truth) < 6
    assert np.median(result.uncertainty[1]) > 3 * np.median(result.uncertainty[0])


def test_a_flat_channel_comes_back_as_it_is_and_changes_nothing_in_the_others() -> None:
    image = picture((32, 40)).astype(np.float32)
    alone = restore(image, settings=QUICK)
    beside = restore(np.stack([np.full_like(image, 100), image]), axes="CYX", settings=QUICK)
    assert (beside.image[0] == 100).all()
    assert (beside.uncertainty[0] == 0).all()
    assert np.array_equal(beside.image[1], alone.image)


def test_arrays_on_disk_are_read_plane_by_plane() -> None:
    image = np.stack([picture((16, 20)), picture((16, 20), seed=1)])
    lazy = dask.array.from_array(image, chunks=(1, 16, 20))
    assert np.array_equal(
        restore(lazy, axes="TYX", settings=QUICK).image, restore(image, axes="TYX", settings=QUICK).image
    )


class Clock:
    """Time that passes by being looked at, and when told to."""

    def __init__(self, tick: float = 0.01) -> None:
        self.now, self._tick = 0.0, tick

    def __call__(self) -> float:
        self.now += self._tick
        return self.now


def test_budget_of_iterations_and_of_seconds() -> None:
    assert restore(picture(), settings=QUICK).reason is StopReason.ITERATIONS
    alone = Settings(preset="fast", seconds=0.5, stopping="never", method="recorrupted")
    fit = Fit(picture(), None, alone, clock=Clock())
    list(fit)
    assert fit.result.reason is StopReason.SECONDS
    assert fit.result.record.planes[0].seconds == pytest.approx(0.5, abs=0.02)


def test_the_listeners_time_does_not_count() -> None:
    settings = Settings(preset="fast", seconds=0.6, stopping="never")
    quiet, clock = Fit(picture(), None, settings, clock=Clock()), Clock()
    busy = Fit(picture(), None, settings, clock=clock)
    list(quiet)
    for _ in busy:
        clock.now += 100
    assert busy.result.reason is StopReason.SECONDS
    assert busy.result.record.seconds == pytest.approx(quiet.result.record.seconds)
    assert np.array_equal(busy.result.image, quiet.result.image)


def test_stop_from_another_thread_ends_normally_and_resume_goes_on() -> None:
    fit = Fit(picture(), None, Settings(preset="fast", iterations=10**8, seconds="never", stopping="never"))
    threading.Timer(0.6, fit.stop).start()
    list(fit)
    assert fit.result.reason is StopReason.REQUESTED
    stopped_at = fit.result.record.planes[0].iterations
    fit.resume(iterations=7)
    list(fit)
    assert fit.result.reason is StopReason.ITERATIONS
    assert fit.result.record.planes[0].iterations == stopped_at + 7


def test_a_stop_before_the_loop_is_not_forgotten() -> None:
    fit = Fit(np.stack([picture(), picture(seed=1)]), None, QUICK, axes="TYX")
    fit.stop()
    moments = list(fit)
    assert [moment.iteration for moment in moments] == [1]
    assert fit.result.reason is StopReason.REQUESTED
    assert [plane.iterations for plane in fit.result.record.planes] == [1]
    fit.resume()
    fit.stop()
    list(fit)
    assert fit.result.record.planes[0].iterations == 2


def test_a_stop_that_came_too_late_does_not_end_what_follows() -> None:
    fit = Fit(picture(), None, QUICK)
    list(fit)
    before = fit.result.record.planes[0].iterations
    fit.stop()
    fit.resume(iterations=5)
    list(fit)
    assert fit.result.record.planes[0].iterations == before + 5


def test_what_was_shown_cannot_be_changed() -> None:
    fit = Fit(picture(), None, QUICK)
    shown = list(fit)[-1]
    kept = fit.result.image.copy()
    for array in (shown.image, shown.uncertainty):
        assert array is not None
        with pytest.raises(ValueError, match="read-only"):
            array[:] = 0
    fit.result.image[:] = 0
    assert np.array_equal(fit.result.image, kept)


def test_one_fit_is_not_iterated_over_twice_at_a_time() -> None:
    fit = Fit(picture(), None, QUICK, clock=itertools.count().__next__)  # a snapshot at each step
    refused: list[str] = []

    def again() -> None:
        try:
            list(fit)
        except RunError as error:
            refused.append(str(error))

    for _ in fit:
        thread = threading.Thread(target=again)
        thread.start()
        thread.join()
        break
    assert refused == ["This fit is running in another loop or thread already: make a Fit of its own for each."]
    assert list(fit)[-1].iteration == QUICK.iterations
    assert len(fit.result.record.planes) == 1


def test_resuming_twice_equals_resuming_for_longer() -> None:
    fit = Fit(picture(), None, QUICK)
    list(fit)
    fit.resume(iterations=3)
    list(fit)
    fit.resume(iterations=5)
    list(fit)
    longer = Fit(picture(), None, QUICK)
    list(longer)
    longer.resume(iterations=8)
    list(longer)
    assert np.array_equal(fit.result.image, longer.result.image)
    assert len(fit.result.record.planes) == 1


def test_a_stopped_stack_keeps_what_is_done_and_goes_on() -> None:
    image = np.stack([picture((16, 20), seed=s) for s in range(3)])
    fit = Fit(image, None, QUICK, axes="TYX")
    for snapshot in fit:
        if snapshot.plane == 1:
            fit.stop()
            break
    partial = fit.result
    assert len(partial.record.planes) == 2
    assert np.array_equal(partial.image[2], image[2].astype(np.float32))  # not reached: as it was
    fit.resume(iterations=12)
    list(fit)
    assert len(fit.result.record.planes) == 3


def test_no_result_before_the_first_step() -> None:
    fit = Fit(picture(), None, QUICK)
    with pytest.raises(ValueError, match="no result yet"):
        _ = fit.result
    with pytest.raises(ValueError, match="Nothing has run"):
        fit.resume()


def test_known_pixels_come_back_untouched_unless_asked_otherwise() -> None:
    image = picture()
    mask = np.zeros(image.shape, int)
    mask[5:9, 5:9] = 3
    kept = restore(image, Inpaint(mask=mask), settings=QUICK)
    assert np.array_equal(kept.image[mask == 0], image[mask == 0].astype(np.float32))
    assert kept.record.invented == pytest.approx(16 / image.size)
    drawn = restore(image, Inpaint(mask=mask, keep_known=False), settings=QUICK)
    assert not np.array_equal(drawn.image[mask == 0], image[mask == 0].astype(np.float32))


def test_what_is_under_the_mask_has_no_influence() -> None:
    image = picture().astype(np.float32)
    mask = np.zeros(image.shape, int)
    mask[5:9, 5:9] = 1
    other = np.where(mask > 0, np.nan, image)
    first, second = (restore(i, Inpaint(mask=mask), settings=QUICK).image for i in (image, other))
    assert np.array_equal(first, second)


@pytest.mark.parametrize(
    ("image", "arguments", "words"),
    [
        (np.ones((9, 9), bool), {}, "boolean"),
        (np.ones((9, 9), complex), {}, "complex128"),
        (np.full((9, 9), 7), {}, "constant"),
        (np.full((9, 9), np.nan), {}, "81 pixels that are NaN"),
        (np.ones((1, 1)), {}, "at least 2 x 2"),
        (np.ones((0, 9)), {}, "at least 2 x 2"),
        (np.ones(9), {}, "1 axes"),
        (np.ones((3, 9, 9)), {}, "axes='ZYX'"),
        (picture((3, 9, 9)), {"axes": "YX"}, "names 2 axes"),
        (picture((3, 9, 9)), {"axes": "ZZX"}, "axes = 'ZZX'"),
        (picture((9, 9)), {"task": Inpaint(mask=np.ones((9, 9)))}, "mask covers the whole image"),
        (picture((9, 9)), {"task": Inpaint(mask=np.ones((9, 8)))}, r"mask has shape \(9, 8\)"),
    ],
)
def test_bad_input_is_refused_before_anything_starts(image: np.ndarray, arguments: dict[str, Any], words: str) -> None:
    with pytest.raises((ValueError, TypeError), match=words):
        Fit(image, **arguments)


def test_an_empty_mask_is_refused_but_not_one_plane_without_marks() -> None:
    image = np.stack([picture((16, 20)), picture((16, 20), seed=1)])
    with pytest.raises(ValueError, match="labels mark no pixel"):
        Fit(image[0], Inpaint(mask=np.zeros((16, 20), int)))
    mask = np.zeros(image.shape, int)
    mask[1, 4:6] = 1
    result = restore(image, Inpaint(mask=mask), axes="ZYX", settings=QUICK)
    assert [plane.reason for plane in result.record.planes] == ["NOTHING", "ITERATIONS"]
    assert np.array_equal(result.image[0], image[0].astype(np.float32))


def test_a_blank_plane_is_returned_as_it_is_and_the_others_restored() -> None:
    image = np.stack([picture((16, 20)), np.full((16, 20), 9, np.uint16), picture((16, 20), seed=1)])
    result = restore(image, axes="TYX", settings=QUICK)
    assert (result.image[1] == 9).all()
    assert result.record.planes[1].notes == ("returned as it was: all its pixels are alike",)
    assert np.array_equal(replay(image, result.record).image, result.image)


def test_an_error_in_a_stack_says_which_plane() -> None:
    image = np.stack([picture((16, 20)), picture((16, 20))]).astype(float)
    image[1, 3, 3] = np.inf
    with pytest.raises(ValueError, match=r"Plane 2 of 2: .*infinite"):
        Fit(image, axes="TYX")


def test_what_was_done_before_a_plane_failed_is_kept_and_replays(monkeypatch: pytest.MonkeyPatch) -> None:
    image = np.stack([picture((16, 20), seed=s) for s in range(3)])
    step = Solver.step

    def failing(self: Solver, rate: float) -> None:
        if fit._current is not None and fit._current.number == 1 and self.iteration == 5:
            raise torch.OutOfMemoryError("CUDA out of memory")
        step(self, rate)

    monkeypatch.setattr(Solver, "step", failing)
    fit = Fit(image, None, EACH, axes="TYX")
    with pytest.raises(OutOfMemory, match="Plane 2 of 3"):
        list(fit)
    result = fit.result
    assert len(result.record.planes) == 1
    assert np.array_equal(result.image[1:], image[1:].astype(np.float32))
    monkeypatch.undo()
    assert np.array_equal(replay(image, result.record).image, result.image)


def test_a_range_too_small_for_float32_is_refused() -> None:
    with pytest.raises(ValueError, match="Take a constant off"):
        Fit(1e8 + np.random.default_rng(0).random((9, 9)))


def test_small_bright_objects_survive() -> None:
    """A bead that covers far less than a thousandth of the image, twenty times as bright as all else."""
    y, x = np.mgrid[:96, :96]
    truth = 100 + 1900 * np.exp(-((y - 40) ** 2 + (x - 50) ** 2) / (2 * 1.5**2))
    noisy = np.random.default_rng(0).poisson(truth)
    restored = restore(noisy, settings=Settings(preset="fast", iterations=150, seconds="never")).image
    assert restored[40, 50] > 1300
    assert np.abs(restored[:20] - 100).mean() < 5


def test_a_hot_pixel_does_not_outshine_the_rest() -> None:
    truth = np.tile(np.linspace(100, 300, 64), (64, 1))
    noisy = truth + np.random.default_rng(0).normal(0, 10, truth.shape)
    noisy[30, 30] = 65535
    restored = restore(noisy, settings=Settings(preset="fast", iterations=150, seconds="never")).image
    away = np.ones(truth.shape, bool)
    away[20:41, 20:41] = False
    assert np.sqrt(np.mean((restored - truth)[away] ** 2)) < 6


@pytest.mark.parametrize(
    ("method", "keeps"), [("deep-image-prior", False), ("deep-image-prior", True), ("blind-spot", False)]
)
def test_whatever_was_not_measured_counts_as_invented(method: str, keeps: bool) -> None:
    image = picture((48, 48))
    mask = np.zeros(image.shape, int)
    mask[5:9, 5:9] = 1
    settings = dataclasses.replace(QUICK, method=method)
    invented = restore(image, Inpaint(mask=mask, keep_known=keeps), settings=settings).record.invented
    if keeps or method == "blind-spot":
        assert invented == pytest.approx(16 / 48**2)
    else:  # the pixels held out are drawn, not measured, either
        assert 0.02 < invented - 16 / 48**2 < 0.1


@pytest.mark.parametrize("seed", range(6))
def test_small_images_have_held_out_pixels_too(seed: int) -> None:
    settings = dataclasses.replace(QUICK, method="deep-image-prior", seed=seed)
    result = restore(picture((16, 16)), settings=settings)
    assert result.curve[-1].held_out is not None
    assert any("kept out of the fit" in note for note in result.record.planes[0].notes)


@pytest.mark.parametrize("settings", [EACH, QUICK])
def test_a_stop_between_two_planes_does_not_start_the_next(settings: Settings) -> None:
    image = np.stack([picture((16, 20), seed=s) for s in range(3)])
    fit = Fit(image, None, settings, axes="TYX")
    for snapshot in fit:
        if snapshot.iterations_left == 0:
            fit.stop()
    assert len(fit.result.record.planes) == 1
    assert fit.result.reason is StopReason.REQUESTED
    fit.resume()
    list(fit)
    assert np.array_equal(fit.result.image, restore(image, axes="TYX", settings=settings).image)


@pytest.mark.parametrize("more", [{"iterations": 0}, {"seconds": 0.0}])
def test_a_further_budget_must_be_one(more: dict[str, Any]) -> None:
    fit = Fit(picture(), None, QUICK)
    list(fit)
    with pytest.raises(ValueError, match="more than 0"):
        fit.resume(**more)


def test_a_run_stopped_resumed_and_ended_replays_to_the_same_bits() -> None:
    fit = Fit(picture(), None, Settings(preset="fast", iterations=17, seconds="never", method="deep-image-prior"))
    list(fit)
    fit.resume(iterations=26)
    list(fit)
    for chosen in (17, fit.result.record.planes[0].chosen):
        record = fit.result.record
        plane = dataclasses.replace(record.planes[0], chosen=chosen)
        again = replay(picture(), dataclasses.replace(record, planes=(plane,)))
        assert again.record.planes[0].chosen == chosen
    assert np.array_equal(again.image, fit.result.image)


def test_the_time_left_is_not_guessed_where_there_is_no_budget() -> None:
    mask = np.eye(24, 31, dtype=int)
    fit = Fit(
        picture(),
        Inpaint(mask=mask),
        Settings(preset="fast", method="deep-image-prior", seconds="never", stopping="never"),
    )
    snapshot = next(iter(fit))
    assert snapshot.iterations_left is None


def test_the_papers_preset_keeps_nothing_out_unless_asked() -> None:
    for stopping, held in (("auto", False), ("held-out", True)):
        settings = Settings(preset="paper", iterations=2, seconds="never", stopping=stopping)
        curve = restore(picture((16, 16)), settings=settings).curve
        assert (curve[-1].held_out is not None) == held


def test_the_papers_preset_looks_at_the_image_where_asked() -> None:
    results = {}
    for method in ("deep-image-prior", "blind-spot", "recorrupted"):
        settings = Settings(preset="paper", method=method, iterations=2, seconds="never", precision="float32")
        results[method] = restore(picture((20, 20)), settings=settings).image
    assert not np.array_equal(results["deep-image-prior"], results["blind-spot"])
    assert not np.array_equal(results["blind-spot"], results["recorrupted"])


def test_recorruption_of_what_is_too_small_to_measure_is_refused_in_words() -> None:
    with pytest.raises(ValueError, match="large enough to measure"):
        restore(picture((12, 12)), settings=dataclasses.replace(QUICK, method="recorrupted"))


@pytest.mark.parametrize("preset", ["fast", "balanced", "best", "paper"])
def test_every_preset_runs_on_the_smallest_image(preset: str) -> None:
    settings = Settings(preset=preset, iterations=3, seconds="never")
    assert np.isfinite(restore(np.array([[1.0, 2.0], [3.0, 5.0]]), settings=settings).image).all()


@pytest.mark.parametrize("method", ["deep-image-prior", "blind-spot", "recorrupted"])
@pytest.mark.parametrize("stopping", ["held-out", "held-out-frequencies", "running-variance", "never"])
def test_a_record_replays_to_the_same_bits(method: str, stopping: str) -> None:
    """Also where the clock ended the run: after a round trip through JSON."""
    image = np.stack([picture(), picture(seed=1)])
    settings = Settings(preset="fast", seconds=1.0, method=method, stopping=stopping)
    fit = Fit(image, None, settings, axes="TYX", clock=Clock())
    list(fit)
    result = fit.result
    record = Record.from_json(result.record.to_json())
    again = replay(image, record)
    assert np.array_equal(again.image, result.image)
    assert np.array_equal(again.uncertainty, result.uncertainty)
    assert json.loads(result.record.to_json())["settings"]["method"] == method


def test_a_replay_needs_the_same_image_and_mask() -> None:
    image, mask = picture(), np.eye(24, 31, dtype=int)
    record = restore(image, Inpaint(mask=mask), settings=QUICK).record
    with pytest.raises(ValueError, match="needs mask"):
        replay(image, record)
    with pytest.raises(ValueError, match="other values"):
        replay(image + 1, record, mask=mask)
    with pytest.raises(ValueError, match="has shape"):
        replay(image[1:], record, mask=mask)


def sabotaged(monkeypatch: pytest.MonkeyPatch, after: int, value: float, times: int) -> None:
    """Let the loss become `value` at some steps from `after` on."""
    step, count = Solver.step, [0]

    def broken(self: Solver, rate: float) -> None:
        step(self, rate)
        if self.iteration >= after and self.iteration % planes.CHECK == 0 and count[0] < times:
            count[0] += 1
            self._loss.fill_(value)
            next(self.network.parameters()).data.fill_(torch.nan)

    monkeypatch.setattr(Solver, "step", broken)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e9])
def test_a_divergence_is_set_back_and_survived(monkeypatch: pytest.MonkeyPatch, value: float) -> None:
    sabotaged(monkeypatch, 30, value, times=1)
    result = restore(picture(), settings=dataclasses.replace(QUICK, iterations=60))
    assert np.isfinite(result.image).all()
    assert any("set back 1 times" in note for note in result.record.planes[0].notes)


def test_one_that_does_not_recover_keeps_the_best(monkeypatch: pytest.MonkeyPatch) -> None:
    sabotaged(monkeypatch, 30, float("nan"), times=99)
    result = restore(picture(), settings=dataclasses.replace(QUICK, iterations=500))
    assert result.reason is StopReason.DIVERGED
    assert np.isfinite(result.image).all()


def test_one_without_anything_to_keep_fails_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    sabotaged(monkeypatch, 0, float("nan"), times=99)
    with pytest.raises(Diverged, match="learning rate"):
        restore(picture(), settings=dataclasses.replace(QUICK, iterations=500))


def test_out_of_memory_in_a_step_is_said_in_our_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Solver, rate: float) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB")

    monkeypatch.setattr(Solver, "step", full)
    with pytest.raises(OutOfMemory, match="smaller crop"):
        restore(picture(), settings=QUICK)


def test_it_denoises() -> None:
    """The point of it all: closer to the truth than the noisy image by far."""
    truth = np.zeros((64, 64)) + 50
    truth[16:48, 20:40] = 200
    noisy = truth + np.random.default_rng(0).normal(0, 25, truth.shape)
    restored = restore(noisy, Denoise(), settings=Settings(preset="balanced", iterations=150, seconds="never")).image
    assert np.mean((restored - truth) ** 2) < np.mean((noisy - truth) ** 2) / 4


@pytest.mark.parametrize("method", ["blind-spot", "recorrupted"])
def test_the_uncertainty_counts_the_noise_that_stays(method: str) -> None:
    noise = np.random.default_rng(0).normal(0, 10, (64, 64))
    uncertainty = [
        restore(scene, settings=dataclasses.replace(QUICK, method=method)).uncertainty
        for scene in (500 + noise, 500 + 3 * noise)
    ]
    assert uncertainty[0].min() > 0.8 * 0.1**0.5 * 10  # a tenth of the variance
    assert uncertainty[1].min() > 0.8 * 0.1**0.5 * 30


def test_after_a_reading_error_the_finished_planes_are_whole_and_the_rest_follows_at_resume() -> None:
    stack = np.stack([picture(seed=number) for number in range(3)])
    lost = {2}

    def plane(number: int) -> np.ndarray:
        if number in lost:
            raise OSError("the network is gone")
        return np.asarray(stack[number])

    delayed = [dask.delayed(plane)(number) for number in range(3)]
    lazy = dask.array.stack([dask.array.from_delayed(one, stack.shape[1:], stack.dtype) for one in delayed])
    each = dataclasses.replace(QUICK, network="each")  # a shared one reads ahead
    fit = Fit(lazy, None, each, axes="TYX")
    with pytest.raises(Unread, match=r"Plane 3 of 3: .*OSError: the network is gone"):
        list(fit)
    before = fit.result
    assert [report.plane for report in before.record.planes] == [0, 1]
    assert np.isfinite(before.image[:2]).all()
    assert np.isnan(before.image[2]).all()
    lost.clear()
    fit.resume()
    list(fit)
    whole = restore(stack, settings=each, axes="TYX")
    assert np.array_equal(fit.result.image, whole.image)
    assert fit.result.record.input == whole.record.input


def ordered(first: int, settings: Settings = EACH, planes: int = 4) -> tuple[Fit, list[int]]:
    """A stack restored with this plane first, and the planes in the order of their turns."""
    fit = Fit(np.stack([picture(seed=n) for n in range(planes)]), None, settings, axes="TYX", first=first)
    turns: list[int] = []
    for snapshot in fit:
        assert snapshot.turn == (snapshot.plane - first) % planes
        turns += [] if turns[-1:] == [snapshot.plane] else [snapshot.plane]
    return fit, turns


@pytest.mark.parametrize("method", ["auto", "deep-image-prior", "blind-spot"])
def test_a_stack_begins_where_it_is_wanted_and_the_order_changes_no_pixel(method: str) -> None:
    settings = dataclasses.replace(EACH, method=method)
    (usual, in_order), (other, turned) = ordered(0, settings), ordered(2, settings)
    assert (in_order, turned) == ([0, 1, 2, 3], [2, 3, 0, 1])
    assert [plane.plane for plane in other.result.record.planes] == turned
    assert np.array_equal(other.result.image, usual.result.image)
    assert np.array_equal(other.result.uncertainty, usual.result.uncertainty)


def test_the_method_is_that_for_the_first_plane_of_the_image_whichever_is_begun_with() -> None:
    image = np.stack([picture(), 100 * np.ones((24, 31), np.uint16), picture(seed=1) // 300, picture(seed=2)])
    usual, other = (Fit(image, None, EACH, axes="TYX", first=first) for first in (0, 2))
    for fit in (usual, other):
        for _ in fit:
            pass
    assert np.array_equal(other.result.image, usual.result.image)


@pytest.mark.parametrize("settings", [EACH, QUICK], ids=["each", "shared"])
def test_a_record_repeats_the_order_of_the_planes(settings: Settings) -> None:
    fit, turned = ordered(3, settings)
    result = fit.result
    again = replay(fit._stack.image, Record.from_json(result.record.to_json()))
    assert [plane.plane for plane in again.record.planes] == turned == [3, 0, 1, 2]
    assert np.array_equal(again.image, result.image)
    assert again.record.input == result.record.input
    swapped = dataclasses.replace(result.record, planes=result.record.planes[::-1])
    with pytest.raises(ValueError, match=r"damaged: it tells of its planes in the order \[2, 1, 0, 3\]"):
        replay(fit._stack.image, swapped)


def test_there_is_no_plane_to_begin_with_beyond_the_last() -> None:
    with pytest.raises(ValueError, match="first = 4: needs the number of a plane, from 0 to 3"):
        ordered(4)


@pytest.mark.parametrize("settings", [EACH, QUICK], ids=["each", "shared"])
def test_a_run_that_began_elsewhere_goes_on_from_its_state(settings: Settings) -> None:
    whole, _ = ordered(2, settings)
    image = whole._stack.image
    begun = Fit(image, None, settings, axes="TYX", first=2)
    for snapshot in begun:
        if snapshot.turn == 1:
            begun.stop()
    state = begun.state_dict()
    gone_on = Fit(image, None, settings, axes="TYX", first=2)
    gone_on.load_state_dict(state)
    for _ in gone_on:
        pass
    assert np.array_equal(gone_on.result.image, whole.result.image)


def test_beads_on_black_keep_their_light() -> None:
    """What neighbours have in common there is the beads, and not the noise; taken for noise, it was smoothed away."""
    y, x = np.mgrid[:96, :96]
    places = [(row, column) for row in (17, 47, 79) for column in (15, 49, 81)]
    beads = [np.exp(-((y - a) ** 2 + (x - b) ** 2) / (2 * 1.5**2)) / (2 * np.pi * 1.5**2) for a, b in places]
    truth = 0.02 + 1000 * np.sum(beads, 0)
    noisy = np.random.default_rng(3).poisson(truth).astype(np.uint16)
    restored = restore(noisy, settings=Settings(preset="instant")).image
    around = [np.hypot(y - a, x - b) <= 6 for a, b in places]
    kept = [restored[disk].sum() / noisy[disk].sum() for disk in around]
    assert np.mean(kept) == pytest.approx(1, abs=0.02)
    assert np.sqrt(np.mean((restored - truth) ** 2)) < 0.9 * np.sqrt(np.mean((noisy - truth) ** 2))


def test_beads_on_an_offset_keep_their_light_and_stay_linear() -> None:
    """Those of each brightness together, compared with what was observed of them: the photons of a single one are few."""
    y, x = np.mgrid[:160, :160]
    draw = np.random.default_rng(5)
    light = draw.permutation(np.repeat([500, 1000, 2000, 5000], 4))
    places = [
        (row + draw.uniform(-3, 3), column + draw.uniform(-3, 3))
        for row in range(20, 160, 40)
        for column in range(20, 160, 40)
    ]
    spots = [np.exp(-((y - a) ** 2 + (x - b) ** 2) / (2 * 1.5**2)) / (2 * np.pi * 1.5**2) for a, b in places]
    truth = 10 + np.tensordot(light, spots, 1)
    noisy = draw.poisson(truth).astype(np.uint16)
    restored = restore(noisy, settings=Settings(preset="instant")).image
    around = [np.hypot(y - a, x - b) <= 6 for a, b in places]
    sums = np.array([[image[disk].sum() - 10 * disk.sum() for disk in around] for image in (restored, noisy)])
    for photons in np.unique(light):
        kept, observed = sums[:, light == photons].sum(1)
        assert kept == pytest.approx(observed, rel=0.02 if photons >= 1000 else 0.05), photons
    slope = np.polyfit(np.log(sums[1]), np.log(sums[0]), 1)[0]
    assert slope == pytest.approx(1, abs=0.02)
