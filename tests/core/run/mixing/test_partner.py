"""A fit's result is mixed with that of a method without a network, and repeats all the same."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from napari_deep_prior import Denoise, Fit, Inpaint, Record, Settings, StopReason, replay, restore
from napari_deep_prior.core.run.mixing import partner
from napari_deep_prior.core.run.mixing.bands import expanded

QUICK = Settings(preset="fast", iterations=12, seconds="never", device="cpu", seed=3)
Y, X = np.mgrid[:48, :64]
NOISY = (100 + 40 * np.sin(X / 5) * np.cos(Y / 9) + np.random.default_rng(0).normal(0, 12, X.shape)).astype(np.float32)


def test_it_is_mixed_and_the_record_says_so() -> None:
    result = restore(NOISY, settings=QUICK)
    (plane,) = result.record.planes
    (share,) = plane.shares
    assert 0 <= share <= 1
    assert any(note.startswith("mixed with nl-ridge: ") for note in plane.notes)
    assert any("estimated squared error" in note for note in plane.notes)
    alone, instant = (
        restore(NOISY, settings=dataclasses.replace(QUICK, method=name)).image for name in (plane.method, "nl-ridge")
    )
    mean = share * alone + (1 - share) * instant
    without = dataclasses.replace(result.record, planes=(dataclasses.replace(plane, bands=()),))
    np.testing.assert_allclose(replay(NOISY, without).image, mean, rtol=1e-4)
    scaled = expanded(torch.from_numpy(mean)[None, None], plane.bands, [torch.ones(1)])[0, 0]
    np.testing.assert_allclose(result.image, scaled, rtol=1e-4)


def test_the_error_to_be_expected_is_in_the_record() -> None:
    result = restore(NOISY, settings=dataclasses.replace(QUICK, iterations=60))
    (plane,) = Record.from_json(result.record.to_json()).planes
    assert plane.error is not None
    truth = 100 + 40 * np.sin(X / 5) * np.cos(Y / 9)
    true = np.sqrt(np.mean((result.image - truth) ** 2)) / plane.error.noise
    assert plane.error.low < true < plane.error.high
    mean_square = np.mean(np.square(result.uncertainty.astype(np.float64)))
    assert np.sqrt(mean_square) == pytest.approx(
        plane.error.value, rel=0.05
    )  # the uncertainty tells where, the error how much
    stopped = Fit(NOISY, settings=QUICK)
    stopped.stop()
    for _ in stopped:
        pass
    assert stopped.result.record.planes[0].error is None


def test_it_repeats_from_its_record() -> None:
    result = restore(NOISY, settings=QUICK)
    again = replay(NOISY, Record.from_json(result.record.to_json()))
    np.testing.assert_array_equal(again.image, result.image)
    np.testing.assert_array_equal(again.uncertainty, result.uncertainty)
    assert again.record.planes[0].shares == result.record.planes[0].shares


@pytest.mark.parametrize(
    ("task", "how"),
    [
        (Denoise(), {"method": "recorrupted"}),
        (Denoise(), {"preset": "paper"}),
        (Denoise(), {"preset": "instant"}),
        (Denoise(noise="outliers"), {}),
        (Inpaint(mask=np.eye(48, 64, dtype=np.uint8)), {}),
    ],
)
def test_who_asked_for_a_method_or_another_task_gets_it_alone(task, how: dict) -> None:
    (plane,) = restore(NOISY, task, settings=dataclasses.replace(QUICK, iterations=2, **how)).record.planes
    assert not plane.shares
    assert not any("mixed" in note for note in plane.notes)


def test_a_stopped_fit_is_not_mixed_until_it_has_gone_on_to_its_end() -> None:
    fit = Fit(NOISY, settings=QUICK)
    fit.stop()
    *_, last = fit
    assert (last.shares, fit.result.record.planes[0].shares) == ((), ())
    fit.resume(iterations=3)
    *_, last = fit
    assert last.shares
    assert fit.result.record.planes[0].shares == last.shares
    np.testing.assert_array_equal(fit.result.image, last.image)


def test_a_mixed_moment_chosen_by_hand_repeats() -> None:
    fit = Fit(NOISY, settings=QUICK)
    *_, last = fit
    fit.resume(iterations=10)
    for _ in fit:
        pass
    fit.choose(last)
    again = replay(NOISY, fit.result.record)
    np.testing.assert_array_equal(again.image, last.image)


def test_a_part_of_the_time_is_kept_for_it_and_it_is_left_out_where_it_takes_longer() -> None:
    ticks = iter(range(10**6))
    slow = Fit(NOISY, settings=dataclasses.replace(QUICK, iterations="auto", seconds=30), clock=lambda: next(ticks))
    for _ in slow:
        pass
    assert slow.result.reason is StopReason.SECONDS
    (plane,) = slow.result.record.planes
    assert plane.seconds <= 30 * (1 - partner.RESERVED) + 3
    assert plane.shares
    short = Fit(NOISY, settings=dataclasses.replace(QUICK, iterations="auto", seconds=1.5), clock=lambda: next(ticks))
    for _ in short:
        pass
    assert not short.result.record.planes[0].shares


def test_planes_of_a_stack_are_decided_one_by_one() -> None:
    each = dataclasses.replace(QUICK, network="each")
    result = restore(np.stack([NOISY, NOISY[::-1] / 3]), axes="TYX", settings=each)
    shares = [plane.shares for plane in result.record.planes]
    assert () not in shares
    assert shares[0] != shares[1]


def test_where_only_a_part_is_noisy_the_noisy_image_is_not_taken_for_its_own_best_estimate(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Denoise, "noise_masks", lambda task, plane, masks: masks)  # the part is not found
    y, x = np.mgrid[:96, :128]
    clean = (100 + 0.4 * x + 30 * (np.hypot(y - 48, x - 70) < 30)).astype(np.float32)
    half = clean + np.where(x < 64, 25, 0.05) * np.random.default_rng(1).normal(0, 1, x.shape)
    result = restore(half.astype(np.float32), settings=dataclasses.replace(QUICK, method="auto", iterations=20))
    (plane,) = result.record.planes
    assert plane.noise.sigma < 1, "the clean half is taken for all"
    assert not plane.shares
