"""Bands: detail that was shrunk gets its strength back, noise that was left goes, and light is only moved."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter

from napari_deep_prior import Denoise, Fit, Record, Settings, replay, restore
from napari_deep_prior.core.methods import Config
from napari_deep_prior.core.methods.nl_ridge import NLRidge
from napari_deep_prior.core.run.mixing.bands import TERMS, decide, expanded
from napari_deep_prior.core.run.mixing.comparison import Comparison, Part, std_of
from napari_deep_prior.core.solver.closed_form import ClosedFormSolver

Y, X = np.mgrid[:128, :128]
PLACES = [(16 + 24 * i, 16 + 24 * j) for i in range(5) for j in range(5)]
BEADS = sum(np.exp(-((Y - y) ** 2 + (X - x) ** 2) / 8) for y, x in PLACES)
FIELD, NOISE = 100.0, 15.0
QUICK = Settings(preset="fast", iterations=6, seconds="never", device="cpu")
NOISY = (FIELD + 90 * BEADS + np.random.default_rng(0).normal(0, NOISE, BEADS.shape)).astype(np.float32)


@dataclasses.dataclass
class Known:
    """A result that follows the observed image by a known share."""

    image: torch.Tensor
    response: float = 0.0

    def following(self, change: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return self.response * change, torch.ones_like(change[:, :1])


@pytest.fixture(scope="module")
def scene():
    """The observation, its truth and its even field in the same units, and NL-Ridge of it."""
    fit = Fit(NOISY, Denoise(), Settings(preset="instant", device="cpu"))
    for _ in fit:
        pass
    plane = fit._current.plane
    observation = plane.observation()
    second = ClosedFormSolver(observation, NLRidge(), Config(iterations=1), plane.device)
    second.step()
    truth, field = (plane.scaling.to_tensor(each[None]) for each in (FIELD + 90 * BEADS, np.full(BEADS.shape, FIELD)))
    return observation, truth, field, second


def decided(scene, result: Known):
    observation, *_, second = scene
    return decide(Comparison.of(result.image, result, second, Part.of(second), observation), 1.0)


def error(scene, image: torch.Tensor) -> float:
    return float((image - scene[1]).square().mean())


@pytest.mark.parametrize("kept", [0.8, 1.2])
def test_beads_that_were_shrunk_or_stretched_get_their_light_back(scene, kept: float) -> None:
    _, truth, field, _ = scene
    result = field + kept * (truth - field)
    found = decided(scene, Known(result))
    assert found is not None
    image = expanded(result, found.coefficients, [torch.ones(1)])
    assert error(scene, image) < 0.25 * error(scene, result)
    light = float((image - field)[truth > field + 0.01].sum() / (truth - field)[truth > field + 0.01].sum())
    assert abs(light - 1) < 0.5 * abs(kept - 1)
    gained = error(scene, result) - error(scene, image)
    assert 0.3 * gained < found.gain < 1.3 * gained, "what is expected is told with caution"


def test_the_truth_stays_as_it_is(scene) -> None:
    observation, truth, *_ = scene
    found = decided(scene, Known(truth.clone()))
    assert found is not None
    assert error(scene, expanded(truth, found.coefficients, [torch.ones(1)])) < 0.002 * float(
        std_of(observation).square().mean()
    )


@pytest.mark.parametrize(("followed", "most"), [(0.3, 1.03), (1.0, 0.95)])
def test_noise_that_was_left_becomes_no_more(scene, followed: float, most: float) -> None:
    """What follows it is known to a half only, so a little of it is left as it is."""
    observation, truth, *_ = scene
    left = truth + followed * (observation.image - truth)
    found = decided(scene, Known(left, followed))
    assert found is not None
    assert error(scene, expanded(left, found.coefficients, [torch.ones(1)])) < most * error(scene, left)


def test_light_is_only_moved(scene) -> None:
    _, truth, field, _ = scene
    image = expanded(truth, np.linspace(-0.3, 0.3, TERMS).tolist(), [torch.ones(1)])
    assert float((image - truth).abs().max()) > 0.01
    assert float(image.mean()) == pytest.approx(float(truth.mean()), abs=1e-6)
    assert torch.allclose(
        expanded(field, [0.3] * TERMS, [torch.ones(1)]), field, atol=1e-5
    )  # but for rounding, no detail


def test_each_strength_of_the_noise_and_each_channel_has_coefficients_of_its_own(scene) -> None:
    _, truth, *_ = scene
    both = torch.cat([truth, truth.roll(3, -1)], 1)
    left = torch.zeros_like(truth)
    left[..., :64] = 1
    table = torch.zeros(2, 2, TERMS)
    table[1, 0] = 0.3
    image = expanded(both, table.flatten().tolist(), [left, 1 - left])
    changed = (image - both).abs() > 1e-4
    assert bool(changed[0, 0, :, 64:].any())
    assert not bool(changed[0, 0, :, :64].any())
    assert not bool(changed[0, 1].any())


def test_where_pixels_share_noise_nothing_is_changed() -> None:
    shared = gaussian_filter(NOISY - FIELD - 90 * BEADS, 1.2) * 3 + FIELD + 90 * BEADS
    (plane,) = restore(shared.astype(np.float32), settings=QUICK).record.planes
    assert plane.shares
    assert plane.bands == ()


def test_the_record_tells_and_repeats_it() -> None:
    result = restore(NOISY, settings=QUICK)
    (plane,) = result.record.planes
    assert len(plane.bands) == TERMS
    assert any("its detail, in 4 bands, times" in note for note in plane.notes)
    again = replay(NOISY, Record.from_json(result.record.to_json()))
    np.testing.assert_array_equal(again.image, result.image)
    assert again.record.planes[0].bands == plane.bands


@pytest.mark.parametrize(
    ("bands", "why"), [((0.1,) * 3, "3 coefficients of bands; the image has 20"), ((float("nan"),) * TERMS, "damaged")]
)
def test_a_damaged_record_is_refused(bands: tuple[float, ...], why: str) -> None:
    record = restore(NOISY, settings=QUICK).record
    planes = tuple(dataclasses.replace(plane, bands=bands) for plane in record.planes)
    with pytest.raises(ValueError, match=why):
        replay(NOISY, dataclasses.replace(record, planes=planes))


def test_a_record_from_before_there_were_bands_repeats_without_them() -> None:
    record = restore(NOISY, settings=QUICK).record
    values = record.as_dict()
    del values["planes"][0]["bands"]
    (plane,) = replay(NOISY, Record.from_dict(values)).record.planes
    assert plane.bands == ()
    assert plane.shares == record.planes[0].shares
