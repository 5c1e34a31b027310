"""The noise model converts between the camera's units and the tensor's, per channel and per pixel."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from napari_deep_prior.core.data.scaling import Scaling
from napari_deep_prior.core.noise.estimate import NoiseEstimate
from napari_deep_prior.core.noise.model import RESIDUAL_FRACTION, NoiseModel

ALL = np.ones((20, 20), bool)
NOISE = NoiseEstimate(sigma=30.0, patches=1, correlation=(1.0, 0.0), gain=2.5, base=-200.0)


def image() -> np.ndarray:
    values = np.random.default_rng(0).uniform(90, 500, (2, 20, 20))
    values[1] *= 3
    return values


@pytest.mark.parametrize("together", [True, False])
def test_the_variance_is_that_of_the_camera_in_tensor_units(together: bool) -> None:
    scaling = Scaling.of(image(), ALL, together=together)
    tensor = scaling.to_tensor(image())
    variance = NoiseModel(NOISE, scaling).variance_at(tensor)[0].numpy()
    expected = NOISE.variance_at(scaling.to_units(tensor).astype(float)) / scaling.gain**2
    np.testing.assert_allclose(variance, expected, rtol=1e-3)


def test_the_deviation_is_taken_at_the_brightness_around_a_pixel() -> None:
    """A single dark pixel has the noise of its surroundings."""
    values = np.full((1, 20, 20), 400.0)
    values[0, :, 10:] = 100.0
    scaling = Scaling.of(values, ALL, together=True)
    values[0, 10, 4] = 100.0
    std = NoiseModel(NOISE, scaling).std_at(scaling.to_tensor(values), ALL, 1.0)
    assert std.shape == (1, 1, 20, 20)
    units = (std[0].numpy() * scaling.gain)[0]
    assert units[2, 2] == pytest.approx(np.sqrt(2.5 * 400 - 200), rel=1e-3)
    assert units[2, 17] == pytest.approx(np.sqrt(2.5 * 100 - 200), rel=1e-3)
    assert units[10, 4] > 0.85 * units[2, 2]


def test_unknown_pixels_have_no_say_in_it() -> None:
    values = np.full((1, 20, 20), 400.0)
    known = ALL.copy()
    known[5:9, 5:9] = False
    scaling = Scaling.of(values, known, together=True)
    model = NoiseModel(NOISE, scaling)
    tensor = scaling.to_tensor(values)
    other = torch.where(torch.from_numpy(known), tensor, 55.0)
    torch.testing.assert_close(model.std_at(tensor, known, 2.0), model.std_at(other, known, 2.0))


def test_the_expected_loss_is_the_mean_variance_and_unknown_with_outliers() -> None:
    scaling = Scaling.of(image(), ALL, together=True)
    variance = float(np.mean((30 / np.asarray(scaling.gain)) ** 2))
    assert NoiseModel(NOISE, scaling).expected_loss == pytest.approx(variance)
    assert NoiseModel(dataclasses.replace(NOISE, outliers=True), scaling).expected_loss is None


def test_the_total_deviation_adds_the_noise_that_all_outputs_share() -> None:
    restored, spread = np.full((1, 4, 5), 400, np.float32), np.full((1, 4, 5), 7, np.float32)
    total = NoiseModel(NOISE, Scaling.of(image(), ALL, together=True)).total_std(restored, spread)
    np.testing.assert_allclose(total, np.sqrt(49 + RESIDUAL_FRACTION * (2.5 * 400 - 200)), rtol=1e-5)
    assert total.dtype == np.float32
    assert 0.09 <= RESIDUAL_FRACTION <= 0.17, "as on pairs of images with long exposures"


@pytest.mark.parametrize("exponent", [-90, -40, 30, 80, 100])
def test_the_total_deviation_is_the_same_in_all_units(exponent: int) -> None:
    """Powers of two round nothing: the same bits."""
    unit = 2.0**exponent
    restored, spread = np.float32(image()), np.float32(np.random.default_rng(1).uniform(0, 9, (2, 20, 20)))
    scaled = dataclasses.replace(NOISE, sigma=30 * unit, gain=2.5 * unit, base=-200.0 * unit**2)
    models = [NoiseModel(noise, Scaling.of(image(), ALL, together=True)) for noise in (NOISE, scaled)]
    expected = models[0].total_std(restored, spread)
    np.testing.assert_allclose(expected**2, spread**2 + RESIDUAL_FRACTION * NOISE.variance_at(restored), rtol=1e-5)
    found = models[1].total_std(restored * np.float32(unit), spread * np.float32(unit))
    assert np.array_equal(found / np.float32(unit), expected)


def test_noise_that_differs_from_place_to_place_enters_everywhere() -> None:
    scaling = Scaling.of(image(), ALL, together=True)
    tensor, strength = scaling.to_tensor(image()), np.linspace(0.2, 1.8, 400).astype(np.float32).reshape(20, 20)
    plain, placed = NoiseModel(NOISE, scaling), NoiseModel(NOISE, scaling, strength)
    root = torch.from_numpy(np.sqrt(strength))
    torch.testing.assert_close(placed.std_at(tensor, ALL, 1.0), plain.std_at(tensor, ALL, 1.0) * root)
    torch.testing.assert_close(placed.std_at(tensor, ALL, 1.0, placed=False), plain.std_at(tensor, ALL, 1.0))
    torch.testing.assert_close(placed.variance_over(tensor), plain.variance_at(tensor) * root**2)
    here = (slice(3, 9), slice(0, 5))
    part = placed.part(here)
    torch.testing.assert_close(part.variance_over(tensor[..., 3:9, :5]), placed.variance_over(tensor)[..., 3:9, :5])
    assert plain.part(here) is plain
    found = placed.found()
    assert found is not None
    assert found.levels[0] == pytest.approx(30 * np.sqrt(0.2), rel=1e-3)
    assert found.levels[-1] == pytest.approx(30 * np.sqrt(1.8), rel=1e-3)
    assert plain.found() == NOISE.found()


def test_a_map_of_uncertainty_takes_the_mean_square_of_a_known_error() -> None:
    even = NoiseEstimate(sigma=2.0, patches=9, correlation=(1.0, 0.0), base=4.0)
    noise = NoiseModel(even, Scaling.of(image()[:1], ALL, together=True))
    deviation = np.random.default_rng(0).uniform(1, 3, (1, 12, 9)).astype(np.float32)
    restored, where = np.full_like(deviation, 50), np.ones((12, 9), np.bool_)
    where[:4] = False
    scaled = noise.with_mean_square(deviation, 0.25, restored, where)
    assert np.mean(np.square(scaled[:, where])) == pytest.approx((0.25 * 2) ** 2)
    np.testing.assert_allclose(scaled / scaled[0, 0, 0], deviation / deviation[0, 0, 0], rtol=1e-5)
    assert noise.with_mean_square(deviation, 0.25, restored, np.zeros_like(where)) is deviation
    still = np.zeros_like(deviation)
    np.testing.assert_array_equal(noise.with_mean_square(still, 0.25, restored, where), still)


@pytest.mark.parametrize(("offset", "gain", "lines"), [((0, 0), (1, 1), 1), ((0, 50), (1, 1), 2), ((0, 0), (1, 2), 2)])
def test_channels_that_differ_in_anything_have_lines_of_their_own(offset, gain, lines: int) -> None:
    terms = (np.reshape(np.array(term, float), (2, 1, 1)) for term in (offset, gain, (9, 9)))
    found = NoiseModel(dataclasses.replace(NOISE, base=900.0), Scaling(*terms)).lines
    assert len(found) == lines
    for (slope, intercept), o, g in zip(found, offset, gain, strict=False):
        assert slope == pytest.approx(2.5 / g)
        assert intercept == pytest.approx((900 + 2.5 * o) / g**2)


def test_what_it_says_of_the_noise_as_a_whole() -> None:
    scaling = Scaling.of(image(), ALL, together=False)
    noise = NoiseModel(dataclasses.replace(NOISE, skewness=0.5), scaling)
    assert noise.variance == 900
    assert noise.photons == pytest.approx(4)
    assert NoiseModel(NOISE, scaling).photons == np.inf
    std = scaling.to_tensor(image()) * 0 + 1
    assert noise.root_mean_square(std) == pytest.approx(np.sqrt(np.mean(np.asarray(scaling.gain) ** 2)))


def test_places_of_each_strength() -> None:
    scaling = Scaling.of(image(), ALL, together=True)
    strength = np.where(np.arange(20) < 5, np.float32(1.6), np.float32(0.8)) + np.zeros((20, 1), np.float32)
    low, high = NoiseModel(NOISE, scaling, strength).places(torch.device("cpu"))
    torch.testing.assert_close(high[0, 0].numpy() == 1, strength == np.float32(1.6))
    torch.testing.assert_close(low + high, torch.ones(1, 1, 20, 20))
    (everywhere,) = NoiseModel(NOISE, scaling).places(torch.device("cpu"))
    assert everywhere.tolist() == [1]


def test_the_same_noise_on_another_scale() -> None:
    strength = np.full((20, 20), 0.5, np.float32)
    scaling, finer = (Scaling.of(image() * factor, ALL, together=True) for factor in (1, 4))
    noise = NoiseModel(NOISE, scaling, strength)
    tensor = scaling.to_tensor(image())
    again = noise.scaled(finer).variance_over(finer.to_tensor(image()))
    expected = noise.variance_over(tensor) * float((np.asarray(scaling.gain) / np.asarray(finer.gain)).mean()) ** 2
    torch.testing.assert_close(again, expected, rtol=1e-4, atol=0)
