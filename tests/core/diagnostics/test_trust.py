"""Trust: noise is not taken for structure nor structure for noise."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from napari_deep_prior.core.data.axes import Axes
from napari_deep_prior.core.diagnostics.trust import Trust, examine
from napari_deep_prior.core.found import ErrorFound
from napari_deep_prior.core.noise.estimate import NoiseEstimate
from napari_deep_prior.core.run.restore import restore
from napari_deep_prior.core.settings import Settings
from napari_deep_prior.core.tasks.denoise import Denoise
from napari_deep_prior.core.tasks.super_resolve import SuperResolve

RNG = np.random.default_rng(0)
EVERYWHERE = np.ones((96, 80), bool)
NOISE = RNG.normal(0, 10, (96, 80))
YX = np.mgrid[:96, :80]
TRUTH = 300 + 200 * np.sin(YX[0] / 9) * np.sin(YX[1] / 7)


@pytest.fixture(scope="module")
def short():
    return restore(TRUTH + NOISE, settings=Settings(preset="fast", iterations=2, seconds="never", stopping="never"))


def of(short, image, *, restored):
    return examine(image, dataclasses.replace(short, image=restored.astype(np.float32)), Denoise(), Axes("YX"))


def test_the_perfect_result_raises_no_alarm(short):
    trust = of(short, TRUTH + NOISE, restored=TRUTH)
    assert trust.warnings == ()
    assert trust.removed == pytest.approx(1, abs=0.15)
    assert trust.structure < 0.03


def test_a_result_that_lost_detail_is_told_of(short):
    flat = np.full_like(TRUTH, 300)
    trust = of(short, TRUTH + NOISE, restored=flat)
    assert trust.structure > 0.3
    assert "contains structure" in trust.warnings[0]


def test_a_result_that_kept_the_noise_is_told_of(short):
    trust = of(short, TRUTH + NOISE, restored=TRUTH + 0.8 * NOISE)
    assert any("Only 2" in words for words in trust.warnings), trust


def test_noise_that_neighbours_share_is_not_structure(short):
    shared = (NOISE + np.roll(NOISE, 1, 1)) / 2**0.5
    assert of(short, TRUTH + shared, restored=TRUTH).structure < 0.1


@pytest.mark.parametrize("seed", range(3))
def test_noise_that_neighbours_share_is_known_roughly_and_raises_no_alarm(short, seed):
    own = np.random.default_rng(seed).normal(0, 12, TRUTH.shape)
    shared = (own + np.roll(own, 1, 1)) / 2**0.5
    trust = of(short, TRUTH + shared, restored=TRUTH)
    assert trust.warnings == ()
    assert any("known roughly" in line for line in trust.numbers)
    flat = of(short, TRUTH + shared, restored=np.full_like(TRUTH, 300))
    assert any("more than noise is missing" in words for words in flat.warnings)
    kept = of(short, TRUTH + shared, restored=TRUTH + 0.8 * shared)
    assert any("of the noise was removed" in words for words in kept.warnings)


def test_its_numbers_say_what_was_measured_and_nothing_else() -> None:
    noise = NoiseEstimate(sigma=2.0, patches=3, correlation=(1.0, 0.0), gain=0.5)
    trust = Trust(noise=noise, removed=None, structure=0.25, saturated=0.0, black=0.0, invented=0.0)
    assert len(trust.numbers) == 4
    assert "each pixel by itself" in trust.numbers[0]
    assert "0.5 grey values per photo-electron" in trust.numbers[1]
    assert len(dataclasses.replace(trust, noise=dataclasses.replace(noise, gain=0.0), structure=None).numbers) == 1
    with_error = dataclasses.replace(trust, error=ErrorFound(relative=0.5, low=0.25, high=0.75, noise=2.0))
    (error,) = set(with_error.numbers) - set(trust.numbers)
    assert error.startswith("Estimated error: about 50% of the noise (25% to 75%, a 90 % interval): 1 grey values")


def test_more_than_the_noise_taken_away_is_told_of(short):
    trust = of(short, TRUTH + NOISE, restored=TRUTH + NOISE.mean() - 1.2 * np.roll(NOISE, 11, 0))
    assert trust.removed_most > 1.3
    assert any("more than noise is missing" in words for words in trust.warnings)


@pytest.mark.parametrize("value", [65535.0, 1e12])
def test_pixels_far_off_are_told_of_and_spoil_no_number(short, value):
    image = TRUTH + NOISE
    image[[10, 40, 60], [20, 50, 70]] = value
    trust = of(short, image, restored=TRUTH)
    assert trust.removed == pytest.approx(1, abs=0.15)
    assert [words for words in trust.warnings if "3 pixels differ strongly" in words]
    one = TRUTH + NOISE
    one[10, 20] = value
    assert any("1 pixel differs strongly" in words for words in of(short, one, restored=TRUTH).warnings)


def test_channels_of_very_different_brightness_are_measured_each_by_its_own_noise(short):
    scale = np.array([1, 10, 100])[:, None, None]
    noise = RNG.normal(0, 10, (3, 96, 80))
    trust = examine(
        scale * (TRUTH + noise),
        dataclasses.replace(short, image=(scale * np.broadcast_to(TRUTH, (3, 96, 80))).astype(np.float32)),
        Denoise(),
        Axes("CYX"),
    )
    assert trust.removed == pytest.approx(1, abs=0.15)
    assert trust.removed_most == pytest.approx(1, abs=0.15)
    assert trust.warnings == ()


def test_light_that_is_missing_somewhere_is_told_of(short):
    dim = TRUTH.copy()
    dim[40:56, 30:46] -= 8
    trust = of(short, TRUTH + NOISE, restored=dim)
    assert trust.structure < 0.1
    (warning,) = trust.warnings
    assert "the result is too dark: over 16 x 16 pixels" in warning
    assert any(line.startswith("Local flux: ") for line in trust.numbers)
    fine = of(short, TRUTH + NOISE, restored=TRUTH)
    assert abs(fine.flux.z) < fine.flux.threshold


def test_noise_that_is_kept_on_purpose_is_told_with_what_leaves_it_out(short):
    task, axes = SuperResolve(factor=2, kernel="area"), Axes("YX")

    def finer(coarse):
        return dataclasses.replace(short, image=coarse.astype(np.float32).repeat(2, 0).repeat(2, 1))

    trust = examine(TRUTH + NOISE, finer(TRUTH + NOISE), task, axes)
    (warning,) = trust.warnings
    assert "turn on denoise too" in warning
    quiet = TRUTH + NOISE / 10
    assert examine(quiet, finer(quiet), task, axes).warnings == ()
    without = dataclasses.replace(task, denoise_too=True)
    hardly = finer(TRUTH + 0.99 * NOISE)
    assert any("of the noise was removed" in words for words in examine(TRUTH + NOISE, hardly, without, axes).warnings)
    assert not any("was removed" in words for words in examine(TRUTH + NOISE, hardly, task, axes).warnings)
